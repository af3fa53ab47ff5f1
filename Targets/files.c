// Written by Targets/list: the descriptions of this folder.
#include "TargetFiles.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char file0[] = {
#embed "bitserial/adafloat@ant.json"
};
static const unsigned char file1[] = {
#embed "bitserial/ant.json"
};
static const unsigned char file2[] = {
#embed "bitserial/ant@bitmod.json"
};
static const unsigned char file3[] = {
#embed "bitserial/biscaled@ant.json"
};
static const unsigned char file4[] = {
#embed "bitserial/bitfusion.json"
};
static const unsigned char file5[] = {
#embed "bitserial/bitlet@bbs.json"
};
static const unsigned char file6[] = {
#embed "bitserial/bitmod@2025.json"
};
static const unsigned char file7[] = {
#embed "bitserial/bitmod@hpca25.json"
};
static const unsigned char file8[] = {
#embed "bitserial/bitvert-plain@bbs.json"
};
static const unsigned char file9[] = {
#embed "bitserial/bitvert@bbs.json"
};
static const unsigned char file10[] = {
#embed "bitserial/bitwave@bbs.json"
};
static const unsigned char file11[] = {
#embed "bitserial/fp16@bitmod.json"
};
static const unsigned char file12[] = {
#embed "bitserial/olaccel@ant.json"
};
static const unsigned char file13[] = {
#embed "bitserial/olive@bitmod.json"
};
static const unsigned char file14[] = {
#embed "bitserial/pragmatic@bbs.json"
};
static const unsigned char file15[] = {
#embed "bitserial/stripes@bbs.json"
};
static const unsigned char file16[] = {
#embed "gpu/a10.json"
};
static const unsigned char file17[] = {
#embed "gpu/a100-40.json"
};
static const unsigned char file18[] = {
#embed "gpu/a100-80.json"
};
static const unsigned char file19[] = {
#embed "gpu/a100-pcie-40.json"
};
static const unsigned char file20[] = {
#embed "gpu/a100-pcie-80.json"
};
static const unsigned char file21[] = {
#embed "gpu/a40.json"
};
static const unsigned char file22[] = {
#embed "gpu/a6000.json"
};
static const unsigned char file23[] = {
#embed "gpu/b200.json"
};
static const unsigned char file24[] = {
#embed "gpu/b300.json"
};
static const unsigned char file25[] = {
#embed "gpu/gb200.json"
};
static const unsigned char file26[] = {
#embed "gpu/gb300.json"
};
static const unsigned char file27[] = {
#embed "gpu/h100-nvl.json"
};
static const unsigned char file28[] = {
#embed "gpu/h100-pcie.json"
};
static const unsigned char file29[] = {
#embed "gpu/h100-sxm.json"
};
static const unsigned char file30[] = {
#embed "gpu/h200.json"
};
static const unsigned char file31[] = {
#embed "gpu/jetson-agx-orin-32.json"
};
static const unsigned char file32[] = {
#embed "gpu/jetson-agx-orin-64.json"
};
static const unsigned char file33[] = {
#embed "gpu/l4.json"
};
static const unsigned char file34[] = {
#embed "gpu/l40.json"
};
static const unsigned char file35[] = {
#embed "gpu/l40s.json"
};
static const unsigned char file36[] = {
#embed "gpu/mi300x.json"
};
static const unsigned char file37[] = {
#embed "gpu/rtx3070.json"
};
static const unsigned char file38[] = {
#embed "gpu/rtx3090.json"
};
static const unsigned char file39[] = {
#embed "gpu/rtx3090ti.json"
};
static const unsigned char file40[] = {
#embed "gpu/rtx4080.json"
};
static const unsigned char file41[] = {
#embed "gpu/rtx4090.json"
};
static const unsigned char file42[] = {
#embed "gpu/rtx5090.json"
};
static const unsigned char file43[] = {
#embed "gpu/rtxpro6000.json"
};
static const unsigned char file44[] = {
#embed "gpu/t4.json"
};
static const unsigned char file45[] = {
#embed "gpu/v100.json"
};
static const unsigned char file46[] = {
#embed "mcu/arduino-nano-33-ble-sense+tflm+cmsis-nn.json"
};
static const unsigned char file47[] = {
#embed "mcu/ek-ra8d1+renesas.json"
};
static const unsigned char file48[] = {
#embed "mcu/esp32-s3+tflm.json"
};
static const unsigned char file49[] = {
#embed "mcu/gap9-evk+gapflow.json"
};
static const unsigned char file50[] = {
#embed "mcu/ndp9120+syntiant.json"
};
static const unsigned char file51[] = {
#embed "mcu/nrf5340-dk+microtvm+cmsis-nn.json"
};
static const unsigned char file52[] = {
#embed "mcu/nucleo-g0b1re+hale.json"
};
static const unsigned char file53[] = {
#embed "mcu/nucleo-h7a3zi-q+hale.json"
};
static const unsigned char file54[] = {
#embed "mcu/nucleo-h7a3zi-q+plumerai-2023.json"
};
static const unsigned char file55[] = {
#embed "mcu/nucleo-h7a3zi-q+x-cube-ai-7.0.json"
};
static const unsigned char file56[] = {
#embed "mcu/nucleo-h7a3zi-q+x-cube-ai-7.3.json"
};
static const unsigned char file57[] = {
#embed "mcu/nucleo-h7a3zi-q+x-cube-ai-8.1.json"
};
static const unsigned char file58[] = {
#embed "mcu/nucleo-h7a3zi-q+x-cube-ai-9.json"
};
static const unsigned char file59[] = {
#embed "mcu/nucleo-l4r5zi+hale.json"
};
static const unsigned char file60[] = {
#embed "mcu/nucleo-l4r5zi+microtvm+cmsis-nn.json"
};
static const unsigned char file61[] = {
#embed "mcu/nucleo-l4r5zi+microtvm.json"
};
static const unsigned char file62[] = {
#embed "mcu/nucleo-l4r5zi+onnc.json"
};
static const unsigned char file63[] = {
#embed "mcu/nucleo-l4r5zi+plumerai-2021.json"
};
static const unsigned char file64[] = {
#embed "mcu/nucleo-l4r5zi+plumerai-2023.json"
};
static const unsigned char file65[] = {
#embed "mcu/nucleo-l4r5zi+tflm+cmsis-nn.json"
};
static const unsigned char file66[] = {
#embed "mcu/nucleo-l4r5zi+tflm.json"
};
static const unsigned char file67[] = {
#embed "mcu/nucleo-l4r5zi+x-cube-ai-7.0.json"
};
static const unsigned char file68[] = {
#embed "mcu/nucleo-l4r5zi+x-cube-ai-7.3.json"
};
static const unsigned char file69[] = {
#embed "mcu/nucleo-l4r5zi+x-cube-ai-8.1.json"
};
static const unsigned char file70[] = {
#embed "mcu/nucleo-l4r5zi+x-cube-ai-9.json"
};
static const unsigned char file71[] = {
#embed "mcu/nucleo-u575zi-q+hale.json"
};
static const unsigned char file72[] = {
#embed "mcu/nucleo-u575zi-q+plumerai-2023.json"
};
static const unsigned char file73[] = {
#embed "mcu/nucleo-u575zi-q+x-cube-ai-7.0.json"
};
static const unsigned char file74[] = {
#embed "mcu/nucleo-u575zi-q+x-cube-ai-7.3.json"
};
static const unsigned char file75[] = {
#embed "mcu/nucleo-u575zi-q+x-cube-ai-8.1.json"
};
static const unsigned char file76[] = {
#embed "mcu/nucleo-u575zi-q+x-cube-ai-9.json"
};
static const unsigned char file77[] = {
#embed "mcu/raspberry-pi-pico+tflm+cmsis-nn.json"
};
static const unsigned char file78[] = {
#embed "mcu/rx65n-cloud-kit+renesas.json"
};
static const unsigned char file79[] = {
#embed "mcu/stm32f746g-disco+tflm+cmsis-nn.json"
};
static const unsigned char file80[] = {
#embed "mcu/stm32f746g-disco+tinyengine.json"
};
static const unsigned char file81[] = {
#embed "mcu/stm32f746g-disco+x-cube-ai-9.json"
};
static const unsigned char file82[] = {
#embed "mcu/stm32h743+tflm+cmsis-nn.json"
};
static const unsigned char file83[] = {
#embed "mcu/stm32h743+tflm.json"
};
static const unsigned char file84[] = {
#embed "mcu/stm32h743+tinyengine.json"
};
static const unsigned char file85[] = {
#embed "mcu/stm32h743+x-cube-ai-7.3.json"
};
static const unsigned char file86[] = {
#embed "mcu/stm32h747i-disco+x-cube-ai-10.json"
};
static const unsigned char file87[] = {
#embed "mcu/xg24-dk2601b+tflm+mvp.json"
};

static const struct hwsim_target_file files[] = {
  {"bitserial", "adafloat@ant", file0, sizeof file0},
  {"bitserial", "ant", file1, sizeof file1},
  {"bitserial", "ant@bitmod", file2, sizeof file2},
  {"bitserial", "biscaled@ant", file3, sizeof file3},
  {"bitserial", "bitfusion", file4, sizeof file4},
  {"bitserial", "bitlet@bbs", file5, sizeof file5},
  {"bitserial", "bitmod@2025", file6, sizeof file6},
  {"bitserial", "bitmod@hpca25", file7, sizeof file7},
  {"bitserial", "bitvert-plain@bbs", file8, sizeof file8},
  {"bitserial", "bitvert@bbs", file9, sizeof file9},
  {"bitserial", "bitwave@bbs", file10, sizeof file10},
  {"bitserial", "fp16@bitmod", file11, sizeof file11},
  {"bitserial", "olaccel@ant", file12, sizeof file12},
  {"bitserial", "olive@bitmod", file13, sizeof file13},
  {"bitserial", "pragmatic@bbs", file14, sizeof file14},
  {"bitserial", "stripes@bbs", file15, sizeof file15},
  {"gpu", "a10", file16, sizeof file16},
  {"gpu", "a100-40", file17, sizeof file17},
  {"gpu", "a100-80", file18, sizeof file18},
  {"gpu", "a100-pcie-40", file19, sizeof file19},
  {"gpu", "a100-pcie-80", file20, sizeof file20},
  {"gpu", "a40", file21, sizeof file21},
  {"gpu", "a6000", file22, sizeof file22},
  {"gpu", "b200", file23, sizeof file23},
  {"gpu", "b300", file24, sizeof file24},
  {"gpu", "gb200", file25, sizeof file25},
  {"gpu", "gb300", file26, sizeof file26},
  {"gpu", "h100-nvl", file27, sizeof file27},
  {"gpu", "h100-pcie", file28, sizeof file28},
  {"gpu", "h100-sxm", file29, sizeof file29},
  {"gpu", "h200", file30, sizeof file30},
  {"gpu", "jetson-agx-orin-32", file31, sizeof file31},
  {"gpu", "jetson-agx-orin-64", file32, sizeof file32},
  {"gpu", "l4", file33, sizeof file33},
  {"gpu", "l40", file34, sizeof file34},
  {"gpu", "l40s", file35, sizeof file35},
  {"gpu", "mi300x", file36, sizeof file36},
  {"gpu", "rtx3070", file37, sizeof file37},
  {"gpu", "rtx3090", file38, sizeof file38},
  {"gpu", "rtx3090ti", file39, sizeof file39},
  {"gpu", "rtx4080", file40, sizeof file40},
  {"gpu", "rtx4090", file41, sizeof file41},
  {"gpu", "rtx5090", file42, sizeof file42},
  {"gpu", "rtxpro6000", file43, sizeof file43},
  {"gpu", "t4", file44, sizeof file44},
  {"gpu", "v100", file45, sizeof file45},
  {"mcu", "arduino-nano-33-ble-sense+tflm+cmsis-nn", file46, sizeof file46},
  {"mcu", "ek-ra8d1+renesas", file47, sizeof file47},
  {"mcu", "esp32-s3+tflm", file48, sizeof file48},
  {"mcu", "gap9-evk+gapflow", file49, sizeof file49},
  {"mcu", "ndp9120+syntiant", file50, sizeof file50},
  {"mcu", "nrf5340-dk+microtvm+cmsis-nn", file51, sizeof file51},
  {"mcu", "nucleo-g0b1re+hale", file52, sizeof file52},
  {"mcu", "nucleo-h7a3zi-q+hale", file53, sizeof file53},
  {"mcu", "nucleo-h7a3zi-q+plumerai-2023", file54, sizeof file54},
  {"mcu", "nucleo-h7a3zi-q+x-cube-ai-7.0", file55, sizeof file55},
  {"mcu", "nucleo-h7a3zi-q+x-cube-ai-7.3", file56, sizeof file56},
  {"mcu", "nucleo-h7a3zi-q+x-cube-ai-8.1", file57, sizeof file57},
  {"mcu", "nucleo-h7a3zi-q+x-cube-ai-9", file58, sizeof file58},
  {"mcu", "nucleo-l4r5zi+hale", file59, sizeof file59},
  {"mcu", "nucleo-l4r5zi+microtvm+cmsis-nn", file60, sizeof file60},
  {"mcu", "nucleo-l4r5zi+microtvm", file61, sizeof file61},
  {"mcu", "nucleo-l4r5zi+onnc", file62, sizeof file62},
  {"mcu", "nucleo-l4r5zi+plumerai-2021", file63, sizeof file63},
  {"mcu", "nucleo-l4r5zi+plumerai-2023", file64, sizeof file64},
  {"mcu", "nucleo-l4r5zi+tflm+cmsis-nn", file65, sizeof file65},
  {"mcu", "nucleo-l4r5zi+tflm", file66, sizeof file66},
  {"mcu", "nucleo-l4r5zi+x-cube-ai-7.0", file67, sizeof file67},
  {"mcu", "nucleo-l4r5zi+x-cube-ai-7.3", file68, sizeof file68},
  {"mcu", "nucleo-l4r5zi+x-cube-ai-8.1", file69, sizeof file69},
  {"mcu", "nucleo-l4r5zi+x-cube-ai-9", file70, sizeof file70},
  {"mcu", "nucleo-u575zi-q+hale", file71, sizeof file71},
  {"mcu", "nucleo-u575zi-q+plumerai-2023", file72, sizeof file72},
  {"mcu", "nucleo-u575zi-q+x-cube-ai-7.0", file73, sizeof file73},
  {"mcu", "nucleo-u575zi-q+x-cube-ai-7.3", file74, sizeof file74},
  {"mcu", "nucleo-u575zi-q+x-cube-ai-8.1", file75, sizeof file75},
  {"mcu", "nucleo-u575zi-q+x-cube-ai-9", file76, sizeof file76},
  {"mcu", "raspberry-pi-pico+tflm+cmsis-nn", file77, sizeof file77},
  {"mcu", "rx65n-cloud-kit+renesas", file78, sizeof file78},
  {"mcu", "stm32f746g-disco+tflm+cmsis-nn", file79, sizeof file79},
  {"mcu", "stm32f746g-disco+tinyengine", file80, sizeof file80},
  {"mcu", "stm32f746g-disco+x-cube-ai-9", file81, sizeof file81},
  {"mcu", "stm32h743+tflm+cmsis-nn", file82, sizeof file82},
  {"mcu", "stm32h743+tflm", file83, sizeof file83},
  {"mcu", "stm32h743+tinyengine", file84, sizeof file84},
  {"mcu", "stm32h743+x-cube-ai-7.3", file85, sizeof file85},
  {"mcu", "stm32h747i-disco+x-cube-ai-10", file86, sizeof file86},
  {"mcu", "xg24-dk2601b+tflm+mvp", file87, sizeof file87},
};

const long hwsim_target_file_count = sizeof files / sizeof files[0];

struct hwsim_target_file hwsim_target_file_at(long index) { return files[index]; }
