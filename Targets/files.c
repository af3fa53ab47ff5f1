// Written by Targets/list: the descriptions of this folder.
#include "TargetFiles.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char bitserial_adafloat_ant[] = {
#embed "bitserial/adafloat@ant.json"
};
static const unsigned char bitserial_ant[] = {
#embed "bitserial/ant.json"
};
static const unsigned char bitserial_ant_bitmod[] = {
#embed "bitserial/ant@bitmod.json"
};
static const unsigned char bitserial_biscaled_ant[] = {
#embed "bitserial/biscaled@ant.json"
};
static const unsigned char bitserial_bismo_pynq_z1[] = {
#embed "bitserial/bismo@pynq-z1.json"
};
static const unsigned char bitserial_bismo_ultra96[] = {
#embed "bitserial/bismo@ultra96.json"
};
static const unsigned char bitserial_bitfusion[] = {
#embed "bitserial/bitfusion.json"
};
static const unsigned char bitserial_bitlet_bbs[] = {
#embed "bitserial/bitlet@bbs.json"
};
static const unsigned char bitserial_bitmod_2025[] = {
#embed "bitserial/bitmod@2025.json"
};
static const unsigned char bitserial_bitmod_hpca25[] = {
#embed "bitserial/bitmod@hpca25.json"
};
static const unsigned char bitserial_bitvert_plain_bbs[] = {
#embed "bitserial/bitvert-plain@bbs.json"
};
static const unsigned char bitserial_bitvert_bbs[] = {
#embed "bitserial/bitvert@bbs.json"
};
static const unsigned char bitserial_bitwave_bbs[] = {
#embed "bitserial/bitwave@bbs.json"
};
static const unsigned char bitserial_fp16_bitmod[] = {
#embed "bitserial/fp16@bitmod.json"
};
static const unsigned char bitserial_olaccel_ant[] = {
#embed "bitserial/olaccel@ant.json"
};
static const unsigned char bitserial_olive_bitmod[] = {
#embed "bitserial/olive@bitmod.json"
};
static const unsigned char bitserial_pragmatic_bbs[] = {
#embed "bitserial/pragmatic@bbs.json"
};
static const unsigned char bitserial_stripes_bbs[] = {
#embed "bitserial/stripes@bbs.json"
};
static const unsigned char finn_finn_0_10[] = {
#embed "finn/finn-0.10.json"
};
static const unsigned char finn_finn_2022_2[] = {
#embed "finn/finn-2022.2.json"
};
static const unsigned char fpga_hls4ml[] = {
#embed "fpga/hls4ml.json"
};
static const unsigned char fpga_vitis_2021_1[] = {
#embed "fpga/vitis-2021.1.json"
};
static const unsigned char fpga_vitis_2022_2[] = {
#embed "fpga/vitis-2022.2.json"
};
static const unsigned char fpga_vitis_2023_2[] = {
#embed "fpga/vitis-2023.2.json"
};
static const unsigned char fpga_vitis_2024_2[] = {
#embed "fpga/vitis-2024.2.json"
};
static const unsigned char fpga_vitis_2025_1[] = {
#embed "fpga/vitis-2025.1.json"
};
static const unsigned char fpga_vivado_2018_2[] = {
#embed "fpga/vivado-2018.2.json"
};
static const unsigned char fpga_vivado_2019_2[] = {
#embed "fpga/vivado-2019.2.json"
};
static const unsigned char fpga_vivado_2020_1[] = {
#embed "fpga/vivado-2020.1.json"
};
static const unsigned char fpga_xc7a35t[] = {
#embed "fpga/xc7a35t.json"
};
static const unsigned char fpga_xc7vx690t[] = {
#embed "fpga/xc7vx690t.json"
};
static const unsigned char fpga_xc7z007s[] = {
#embed "fpga/xc7z007s.json"
};
static const unsigned char fpga_xc7z020[] = {
#embed "fpga/xc7z020.json"
};
static const unsigned char fpga_xcku115[] = {
#embed "fpga/xcku115.json"
};
static const unsigned char fpga_xcu250[] = {
#embed "fpga/xcu250.json"
};
static const unsigned char fpga_xcu50[] = {
#embed "fpga/xcu50.json"
};
static const unsigned char fpga_xcu55c[] = {
#embed "fpga/xcu55c.json"
};
static const unsigned char fpga_xcvc1902[] = {
#embed "fpga/xcvc1902.json"
};
static const unsigned char fpga_xcvu13p[] = {
#embed "fpga/xcvu13p.json"
};
static const unsigned char fpga_xcvu9p[] = {
#embed "fpga/xcvu9p.json"
};
static const unsigned char fpga_xczu3eg[] = {
#embed "fpga/xczu3eg.json"
};
static const unsigned char fpga_xczu9eg[] = {
#embed "fpga/xczu9eg.json"
};
static const unsigned char gpu_a10[] = {
#embed "gpu/a10.json"
};
static const unsigned char gpu_a100_40[] = {
#embed "gpu/a100-40.json"
};
static const unsigned char gpu_a100_80[] = {
#embed "gpu/a100-80.json"
};
static const unsigned char gpu_a100_pcie_40[] = {
#embed "gpu/a100-pcie-40.json"
};
static const unsigned char gpu_a100_pcie_80[] = {
#embed "gpu/a100-pcie-80.json"
};
static const unsigned char gpu_a40[] = {
#embed "gpu/a40.json"
};
static const unsigned char gpu_a6000[] = {
#embed "gpu/a6000.json"
};
static const unsigned char gpu_b200[] = {
#embed "gpu/b200.json"
};
static const unsigned char gpu_b300[] = {
#embed "gpu/b300.json"
};
static const unsigned char gpu_gb200[] = {
#embed "gpu/gb200.json"
};
static const unsigned char gpu_gb300[] = {
#embed "gpu/gb300.json"
};
static const unsigned char gpu_h100_nvl[] = {
#embed "gpu/h100-nvl.json"
};
static const unsigned char gpu_h100_pcie[] = {
#embed "gpu/h100-pcie.json"
};
static const unsigned char gpu_h100_sxm[] = {
#embed "gpu/h100-sxm.json"
};
static const unsigned char gpu_h200[] = {
#embed "gpu/h200.json"
};
static const unsigned char gpu_jetson_agx_orin_32[] = {
#embed "gpu/jetson-agx-orin-32.json"
};
static const unsigned char gpu_jetson_agx_orin_64[] = {
#embed "gpu/jetson-agx-orin-64.json"
};
static const unsigned char gpu_l4[] = {
#embed "gpu/l4.json"
};
static const unsigned char gpu_l40[] = {
#embed "gpu/l40.json"
};
static const unsigned char gpu_l40s[] = {
#embed "gpu/l40s.json"
};
static const unsigned char gpu_mi300x[] = {
#embed "gpu/mi300x.json"
};
static const unsigned char gpu_rtx3070[] = {
#embed "gpu/rtx3070.json"
};
static const unsigned char gpu_rtx3090[] = {
#embed "gpu/rtx3090.json"
};
static const unsigned char gpu_rtx3090ti[] = {
#embed "gpu/rtx3090ti.json"
};
static const unsigned char gpu_rtx4080[] = {
#embed "gpu/rtx4080.json"
};
static const unsigned char gpu_rtx4090[] = {
#embed "gpu/rtx4090.json"
};
static const unsigned char gpu_rtx5090[] = {
#embed "gpu/rtx5090.json"
};
static const unsigned char gpu_rtxpro6000[] = {
#embed "gpu/rtxpro6000.json"
};
static const unsigned char gpu_t4[] = {
#embed "gpu/t4.json"
};
static const unsigned char gpu_v100[] = {
#embed "gpu/v100.json"
};
static const unsigned char logic_ecp5_85[] = {
#embed "logic/ecp5-85.json"
};
static const unsigned char logic_ecp5_dsp[] = {
#embed "logic/ecp5_dsp.json"
};
static const unsigned char logic_ecp5_nodsp[] = {
#embed "logic/ecp5_nodsp.json"
};
static const unsigned char logic_ice40_hx8k[] = {
#embed "logic/ice40-hx8k.json"
};
static const unsigned char logic_ice40_up5k[] = {
#embed "logic/ice40-up5k.json"
};
static const unsigned char logic_ice40[] = {
#embed "logic/ice40.json"
};
static const unsigned char logic_ice40_dsp[] = {
#embed "logic/ice40_dsp.json"
};
static const unsigned char logic_xc7_dsp[] = {
#embed "logic/xc7_dsp.json"
};
static const unsigned char logic_xc7_nodsp[] = {
#embed "logic/xc7_nodsp.json"
};
static const unsigned char logic_xcup_dsp[] = {
#embed "logic/xcup_dsp.json"
};
static const unsigned char logic_xcup_nodsp[] = {
#embed "logic/xcup_nodsp.json"
};
static const unsigned char mcu_arduino_nano_33_ble_sense_tflm_cmsis_nn[] = {
#embed "mcu/arduino-nano-33-ble-sense+tflm+cmsis-nn.json"
};
static const unsigned char mcu_arduino_nano_33_iot_tflm_cmsis_nn[] = {
#embed "mcu/arduino-nano-33-iot+tflm+cmsis-nn.json"
};
static const unsigned char mcu_ek_ra8d1_renesas[] = {
#embed "mcu/ek-ra8d1+renesas.json"
};
static const unsigned char mcu_esp32_c3_tflm[] = {
#embed "mcu/esp32-c3+tflm.json"
};
static const unsigned char mcu_esp32_s3_tflm[] = {
#embed "mcu/esp32-s3+tflm.json"
};
static const unsigned char mcu_gap9_evk_gapflow[] = {
#embed "mcu/gap9-evk+gapflow.json"
};
static const unsigned char mcu_ndp9120_syntiant[] = {
#embed "mcu/ndp9120+syntiant.json"
};
static const unsigned char mcu_nrf52840_dk_tflm_cmsis_nn[] = {
#embed "mcu/nrf52840-dk+tflm+cmsis-nn.json"
};
static const unsigned char mcu_nrf5340_dk_microtvm_cmsis_nn[] = {
#embed "mcu/nrf5340-dk+microtvm+cmsis-nn.json"
};
static const unsigned char mcu_nucleo_f411re_tflm_cmsis_nn[] = {
#embed "mcu/nucleo-f411re+tflm+cmsis-nn.json"
};
static const unsigned char mcu_nucleo_f446re_tflm_cmsis_nn[] = {
#embed "mcu/nucleo-f446re+tflm+cmsis-nn.json"
};
static const unsigned char mcu_nucleo_g0b1re_hale[] = {
#embed "mcu/nucleo-g0b1re+hale.json"
};
static const unsigned char mcu_nucleo_h7a3zi_q_hale[] = {
#embed "mcu/nucleo-h7a3zi-q+hale.json"
};
static const unsigned char mcu_nucleo_h7a3zi_q_plumerai_2023[] = {
#embed "mcu/nucleo-h7a3zi-q+plumerai-2023.json"
};
static const unsigned char mcu_nucleo_h7a3zi_q_x_cube_ai_7_0[] = {
#embed "mcu/nucleo-h7a3zi-q+x-cube-ai-7.0.json"
};
static const unsigned char mcu_nucleo_h7a3zi_q_x_cube_ai_7_3[] = {
#embed "mcu/nucleo-h7a3zi-q+x-cube-ai-7.3.json"
};
static const unsigned char mcu_nucleo_h7a3zi_q_x_cube_ai_8_1[] = {
#embed "mcu/nucleo-h7a3zi-q+x-cube-ai-8.1.json"
};
static const unsigned char mcu_nucleo_h7a3zi_q_x_cube_ai_9[] = {
#embed "mcu/nucleo-h7a3zi-q+x-cube-ai-9.json"
};
static const unsigned char mcu_nucleo_l4r5zi_hale[] = {
#embed "mcu/nucleo-l4r5zi+hale.json"
};
static const unsigned char mcu_nucleo_l4r5zi_microtvm_cmsis_nn[] = {
#embed "mcu/nucleo-l4r5zi+microtvm+cmsis-nn.json"
};
static const unsigned char mcu_nucleo_l4r5zi_microtvm[] = {
#embed "mcu/nucleo-l4r5zi+microtvm.json"
};
static const unsigned char mcu_nucleo_l4r5zi_onnc[] = {
#embed "mcu/nucleo-l4r5zi+onnc.json"
};
static const unsigned char mcu_nucleo_l4r5zi_plumerai_2021[] = {
#embed "mcu/nucleo-l4r5zi+plumerai-2021.json"
};
static const unsigned char mcu_nucleo_l4r5zi_plumerai_2023[] = {
#embed "mcu/nucleo-l4r5zi+plumerai-2023.json"
};
static const unsigned char mcu_nucleo_l4r5zi_tflm_cmsis_nn[] = {
#embed "mcu/nucleo-l4r5zi+tflm+cmsis-nn.json"
};
static const unsigned char mcu_nucleo_l4r5zi_tflm[] = {
#embed "mcu/nucleo-l4r5zi+tflm.json"
};
static const unsigned char mcu_nucleo_l4r5zi_x_cube_ai_7_0[] = {
#embed "mcu/nucleo-l4r5zi+x-cube-ai-7.0.json"
};
static const unsigned char mcu_nucleo_l4r5zi_x_cube_ai_7_3[] = {
#embed "mcu/nucleo-l4r5zi+x-cube-ai-7.3.json"
};
static const unsigned char mcu_nucleo_l4r5zi_x_cube_ai_8_1[] = {
#embed "mcu/nucleo-l4r5zi+x-cube-ai-8.1.json"
};
static const unsigned char mcu_nucleo_l4r5zi_x_cube_ai_9[] = {
#embed "mcu/nucleo-l4r5zi+x-cube-ai-9.json"
};
static const unsigned char mcu_nucleo_u575zi_q_hale[] = {
#embed "mcu/nucleo-u575zi-q+hale.json"
};
static const unsigned char mcu_nucleo_u575zi_q_plumerai_2023[] = {
#embed "mcu/nucleo-u575zi-q+plumerai-2023.json"
};
static const unsigned char mcu_nucleo_u575zi_q_x_cube_ai_7_0[] = {
#embed "mcu/nucleo-u575zi-q+x-cube-ai-7.0.json"
};
static const unsigned char mcu_nucleo_u575zi_q_x_cube_ai_7_3[] = {
#embed "mcu/nucleo-u575zi-q+x-cube-ai-7.3.json"
};
static const unsigned char mcu_nucleo_u575zi_q_x_cube_ai_8_1[] = {
#embed "mcu/nucleo-u575zi-q+x-cube-ai-8.1.json"
};
static const unsigned char mcu_nucleo_u575zi_q_x_cube_ai_9[] = {
#embed "mcu/nucleo-u575zi-q+x-cube-ai-9.json"
};
static const unsigned char mcu_raspberry_pi_pico_tflm_cmsis_nn[] = {
#embed "mcu/raspberry-pi-pico+tflm+cmsis-nn.json"
};
static const unsigned char mcu_raspberry_pi_pico_2_tflm_cmsis_nn[] = {
#embed "mcu/raspberry-pi-pico-2+tflm+cmsis-nn.json"
};
static const unsigned char mcu_rx65n_cloud_kit_renesas[] = {
#embed "mcu/rx65n-cloud-kit+renesas.json"
};
static const unsigned char mcu_stm32f407g_disc1_tflm_cmsis_nn[] = {
#embed "mcu/stm32f407g-disc1+tflm+cmsis-nn.json"
};
static const unsigned char mcu_stm32f746g_disco_tflm_cmsis_nn[] = {
#embed "mcu/stm32f746g-disco+tflm+cmsis-nn.json"
};
static const unsigned char mcu_stm32f746g_disco_tinyengine[] = {
#embed "mcu/stm32f746g-disco+tinyengine.json"
};
static const unsigned char mcu_stm32f746g_disco_x_cube_ai_9[] = {
#embed "mcu/stm32f746g-disco+x-cube-ai-9.json"
};
static const unsigned char mcu_stm32h743_cmix_nn[] = {
#embed "mcu/stm32h743+cmix-nn.json"
};
static const unsigned char mcu_stm32h743_tflm_cmsis_nn[] = {
#embed "mcu/stm32h743+tflm+cmsis-nn.json"
};
static const unsigned char mcu_stm32h743_tflm[] = {
#embed "mcu/stm32h743+tflm.json"
};
static const unsigned char mcu_stm32h743_tinyengine[] = {
#embed "mcu/stm32h743+tinyengine.json"
};
static const unsigned char mcu_stm32h743_x_cube_ai_7_3[] = {
#embed "mcu/stm32h743+x-cube-ai-7.3.json"
};
static const unsigned char mcu_stm32h747i_disco_x_cube_ai_10[] = {
#embed "mcu/stm32h747i-disco+x-cube-ai-10.json"
};
static const unsigned char mcu_xg24_dk2601b_tflm_mvp[] = {
#embed "mcu/xg24-dk2601b+tflm+mvp.json"
};

static const struct hwsim_target_file files[] = {
  {"bitserial", "adafloat@ant", bitserial_adafloat_ant, sizeof bitserial_adafloat_ant},
  {"bitserial", "ant", bitserial_ant, sizeof bitserial_ant},
  {"bitserial", "ant@bitmod", bitserial_ant_bitmod, sizeof bitserial_ant_bitmod},
  {"bitserial", "biscaled@ant", bitserial_biscaled_ant, sizeof bitserial_biscaled_ant},
  {"bitserial", "bismo@pynq-z1", bitserial_bismo_pynq_z1, sizeof bitserial_bismo_pynq_z1},
  {"bitserial", "bismo@ultra96", bitserial_bismo_ultra96, sizeof bitserial_bismo_ultra96},
  {"bitserial", "bitfusion", bitserial_bitfusion, sizeof bitserial_bitfusion},
  {"bitserial", "bitlet@bbs", bitserial_bitlet_bbs, sizeof bitserial_bitlet_bbs},
  {"bitserial", "bitmod@2025", bitserial_bitmod_2025, sizeof bitserial_bitmod_2025},
  {"bitserial", "bitmod@hpca25", bitserial_bitmod_hpca25, sizeof bitserial_bitmod_hpca25},
  {"bitserial", "bitvert-plain@bbs", bitserial_bitvert_plain_bbs, sizeof bitserial_bitvert_plain_bbs},
  {"bitserial", "bitvert@bbs", bitserial_bitvert_bbs, sizeof bitserial_bitvert_bbs},
  {"bitserial", "bitwave@bbs", bitserial_bitwave_bbs, sizeof bitserial_bitwave_bbs},
  {"bitserial", "fp16@bitmod", bitserial_fp16_bitmod, sizeof bitserial_fp16_bitmod},
  {"bitserial", "olaccel@ant", bitserial_olaccel_ant, sizeof bitserial_olaccel_ant},
  {"bitserial", "olive@bitmod", bitserial_olive_bitmod, sizeof bitserial_olive_bitmod},
  {"bitserial", "pragmatic@bbs", bitserial_pragmatic_bbs, sizeof bitserial_pragmatic_bbs},
  {"bitserial", "stripes@bbs", bitserial_stripes_bbs, sizeof bitserial_stripes_bbs},
  {"finn", "finn-0.10", finn_finn_0_10, sizeof finn_finn_0_10},
  {"finn", "finn-2022.2", finn_finn_2022_2, sizeof finn_finn_2022_2},
  {"fpga", "hls4ml", fpga_hls4ml, sizeof fpga_hls4ml},
  {"fpga", "vitis-2021.1", fpga_vitis_2021_1, sizeof fpga_vitis_2021_1},
  {"fpga", "vitis-2022.2", fpga_vitis_2022_2, sizeof fpga_vitis_2022_2},
  {"fpga", "vitis-2023.2", fpga_vitis_2023_2, sizeof fpga_vitis_2023_2},
  {"fpga", "vitis-2024.2", fpga_vitis_2024_2, sizeof fpga_vitis_2024_2},
  {"fpga", "vitis-2025.1", fpga_vitis_2025_1, sizeof fpga_vitis_2025_1},
  {"fpga", "vivado-2018.2", fpga_vivado_2018_2, sizeof fpga_vivado_2018_2},
  {"fpga", "vivado-2019.2", fpga_vivado_2019_2, sizeof fpga_vivado_2019_2},
  {"fpga", "vivado-2020.1", fpga_vivado_2020_1, sizeof fpga_vivado_2020_1},
  {"fpga", "xc7a35t", fpga_xc7a35t, sizeof fpga_xc7a35t},
  {"fpga", "xc7vx690t", fpga_xc7vx690t, sizeof fpga_xc7vx690t},
  {"fpga", "xc7z007s", fpga_xc7z007s, sizeof fpga_xc7z007s},
  {"fpga", "xc7z020", fpga_xc7z020, sizeof fpga_xc7z020},
  {"fpga", "xcku115", fpga_xcku115, sizeof fpga_xcku115},
  {"fpga", "xcu250", fpga_xcu250, sizeof fpga_xcu250},
  {"fpga", "xcu50", fpga_xcu50, sizeof fpga_xcu50},
  {"fpga", "xcu55c", fpga_xcu55c, sizeof fpga_xcu55c},
  {"fpga", "xcvc1902", fpga_xcvc1902, sizeof fpga_xcvc1902},
  {"fpga", "xcvu13p", fpga_xcvu13p, sizeof fpga_xcvu13p},
  {"fpga", "xcvu9p", fpga_xcvu9p, sizeof fpga_xcvu9p},
  {"fpga", "xczu3eg", fpga_xczu3eg, sizeof fpga_xczu3eg},
  {"fpga", "xczu9eg", fpga_xczu9eg, sizeof fpga_xczu9eg},
  {"gpu", "a10", gpu_a10, sizeof gpu_a10},
  {"gpu", "a100-40", gpu_a100_40, sizeof gpu_a100_40},
  {"gpu", "a100-80", gpu_a100_80, sizeof gpu_a100_80},
  {"gpu", "a100-pcie-40", gpu_a100_pcie_40, sizeof gpu_a100_pcie_40},
  {"gpu", "a100-pcie-80", gpu_a100_pcie_80, sizeof gpu_a100_pcie_80},
  {"gpu", "a40", gpu_a40, sizeof gpu_a40},
  {"gpu", "a6000", gpu_a6000, sizeof gpu_a6000},
  {"gpu", "b200", gpu_b200, sizeof gpu_b200},
  {"gpu", "b300", gpu_b300, sizeof gpu_b300},
  {"gpu", "gb200", gpu_gb200, sizeof gpu_gb200},
  {"gpu", "gb300", gpu_gb300, sizeof gpu_gb300},
  {"gpu", "h100-nvl", gpu_h100_nvl, sizeof gpu_h100_nvl},
  {"gpu", "h100-pcie", gpu_h100_pcie, sizeof gpu_h100_pcie},
  {"gpu", "h100-sxm", gpu_h100_sxm, sizeof gpu_h100_sxm},
  {"gpu", "h200", gpu_h200, sizeof gpu_h200},
  {"gpu", "jetson-agx-orin-32", gpu_jetson_agx_orin_32, sizeof gpu_jetson_agx_orin_32},
  {"gpu", "jetson-agx-orin-64", gpu_jetson_agx_orin_64, sizeof gpu_jetson_agx_orin_64},
  {"gpu", "l4", gpu_l4, sizeof gpu_l4},
  {"gpu", "l40", gpu_l40, sizeof gpu_l40},
  {"gpu", "l40s", gpu_l40s, sizeof gpu_l40s},
  {"gpu", "mi300x", gpu_mi300x, sizeof gpu_mi300x},
  {"gpu", "rtx3070", gpu_rtx3070, sizeof gpu_rtx3070},
  {"gpu", "rtx3090", gpu_rtx3090, sizeof gpu_rtx3090},
  {"gpu", "rtx3090ti", gpu_rtx3090ti, sizeof gpu_rtx3090ti},
  {"gpu", "rtx4080", gpu_rtx4080, sizeof gpu_rtx4080},
  {"gpu", "rtx4090", gpu_rtx4090, sizeof gpu_rtx4090},
  {"gpu", "rtx5090", gpu_rtx5090, sizeof gpu_rtx5090},
  {"gpu", "rtxpro6000", gpu_rtxpro6000, sizeof gpu_rtxpro6000},
  {"gpu", "t4", gpu_t4, sizeof gpu_t4},
  {"gpu", "v100", gpu_v100, sizeof gpu_v100},
  {"logic", "ecp5-85", logic_ecp5_85, sizeof logic_ecp5_85},
  {"logic", "ecp5_dsp", logic_ecp5_dsp, sizeof logic_ecp5_dsp},
  {"logic", "ecp5_nodsp", logic_ecp5_nodsp, sizeof logic_ecp5_nodsp},
  {"logic", "ice40-hx8k", logic_ice40_hx8k, sizeof logic_ice40_hx8k},
  {"logic", "ice40-up5k", logic_ice40_up5k, sizeof logic_ice40_up5k},
  {"logic", "ice40", logic_ice40, sizeof logic_ice40},
  {"logic", "ice40_dsp", logic_ice40_dsp, sizeof logic_ice40_dsp},
  {"logic", "xc7_dsp", logic_xc7_dsp, sizeof logic_xc7_dsp},
  {"logic", "xc7_nodsp", logic_xc7_nodsp, sizeof logic_xc7_nodsp},
  {"logic", "xcup_dsp", logic_xcup_dsp, sizeof logic_xcup_dsp},
  {"logic", "xcup_nodsp", logic_xcup_nodsp, sizeof logic_xcup_nodsp},
  {"mcu", "arduino-nano-33-ble-sense+tflm+cmsis-nn", mcu_arduino_nano_33_ble_sense_tflm_cmsis_nn, sizeof mcu_arduino_nano_33_ble_sense_tflm_cmsis_nn},
  {"mcu", "arduino-nano-33-iot+tflm+cmsis-nn", mcu_arduino_nano_33_iot_tflm_cmsis_nn, sizeof mcu_arduino_nano_33_iot_tflm_cmsis_nn},
  {"mcu", "ek-ra8d1+renesas", mcu_ek_ra8d1_renesas, sizeof mcu_ek_ra8d1_renesas},
  {"mcu", "esp32-c3+tflm", mcu_esp32_c3_tflm, sizeof mcu_esp32_c3_tflm},
  {"mcu", "esp32-s3+tflm", mcu_esp32_s3_tflm, sizeof mcu_esp32_s3_tflm},
  {"mcu", "gap9-evk+gapflow", mcu_gap9_evk_gapflow, sizeof mcu_gap9_evk_gapflow},
  {"mcu", "ndp9120+syntiant", mcu_ndp9120_syntiant, sizeof mcu_ndp9120_syntiant},
  {"mcu", "nrf52840-dk+tflm+cmsis-nn", mcu_nrf52840_dk_tflm_cmsis_nn, sizeof mcu_nrf52840_dk_tflm_cmsis_nn},
  {"mcu", "nrf5340-dk+microtvm+cmsis-nn", mcu_nrf5340_dk_microtvm_cmsis_nn, sizeof mcu_nrf5340_dk_microtvm_cmsis_nn},
  {"mcu", "nucleo-f411re+tflm+cmsis-nn", mcu_nucleo_f411re_tflm_cmsis_nn, sizeof mcu_nucleo_f411re_tflm_cmsis_nn},
  {"mcu", "nucleo-f446re+tflm+cmsis-nn", mcu_nucleo_f446re_tflm_cmsis_nn, sizeof mcu_nucleo_f446re_tflm_cmsis_nn},
  {"mcu", "nucleo-g0b1re+hale", mcu_nucleo_g0b1re_hale, sizeof mcu_nucleo_g0b1re_hale},
  {"mcu", "nucleo-h7a3zi-q+hale", mcu_nucleo_h7a3zi_q_hale, sizeof mcu_nucleo_h7a3zi_q_hale},
  {"mcu", "nucleo-h7a3zi-q+plumerai-2023", mcu_nucleo_h7a3zi_q_plumerai_2023, sizeof mcu_nucleo_h7a3zi_q_plumerai_2023},
  {"mcu", "nucleo-h7a3zi-q+x-cube-ai-7.0", mcu_nucleo_h7a3zi_q_x_cube_ai_7_0, sizeof mcu_nucleo_h7a3zi_q_x_cube_ai_7_0},
  {"mcu", "nucleo-h7a3zi-q+x-cube-ai-7.3", mcu_nucleo_h7a3zi_q_x_cube_ai_7_3, sizeof mcu_nucleo_h7a3zi_q_x_cube_ai_7_3},
  {"mcu", "nucleo-h7a3zi-q+x-cube-ai-8.1", mcu_nucleo_h7a3zi_q_x_cube_ai_8_1, sizeof mcu_nucleo_h7a3zi_q_x_cube_ai_8_1},
  {"mcu", "nucleo-h7a3zi-q+x-cube-ai-9", mcu_nucleo_h7a3zi_q_x_cube_ai_9, sizeof mcu_nucleo_h7a3zi_q_x_cube_ai_9},
  {"mcu", "nucleo-l4r5zi+hale", mcu_nucleo_l4r5zi_hale, sizeof mcu_nucleo_l4r5zi_hale},
  {"mcu", "nucleo-l4r5zi+microtvm+cmsis-nn", mcu_nucleo_l4r5zi_microtvm_cmsis_nn, sizeof mcu_nucleo_l4r5zi_microtvm_cmsis_nn},
  {"mcu", "nucleo-l4r5zi+microtvm", mcu_nucleo_l4r5zi_microtvm, sizeof mcu_nucleo_l4r5zi_microtvm},
  {"mcu", "nucleo-l4r5zi+onnc", mcu_nucleo_l4r5zi_onnc, sizeof mcu_nucleo_l4r5zi_onnc},
  {"mcu", "nucleo-l4r5zi+plumerai-2021", mcu_nucleo_l4r5zi_plumerai_2021, sizeof mcu_nucleo_l4r5zi_plumerai_2021},
  {"mcu", "nucleo-l4r5zi+plumerai-2023", mcu_nucleo_l4r5zi_plumerai_2023, sizeof mcu_nucleo_l4r5zi_plumerai_2023},
  {"mcu", "nucleo-l4r5zi+tflm+cmsis-nn", mcu_nucleo_l4r5zi_tflm_cmsis_nn, sizeof mcu_nucleo_l4r5zi_tflm_cmsis_nn},
  {"mcu", "nucleo-l4r5zi+tflm", mcu_nucleo_l4r5zi_tflm, sizeof mcu_nucleo_l4r5zi_tflm},
  {"mcu", "nucleo-l4r5zi+x-cube-ai-7.0", mcu_nucleo_l4r5zi_x_cube_ai_7_0, sizeof mcu_nucleo_l4r5zi_x_cube_ai_7_0},
  {"mcu", "nucleo-l4r5zi+x-cube-ai-7.3", mcu_nucleo_l4r5zi_x_cube_ai_7_3, sizeof mcu_nucleo_l4r5zi_x_cube_ai_7_3},
  {"mcu", "nucleo-l4r5zi+x-cube-ai-8.1", mcu_nucleo_l4r5zi_x_cube_ai_8_1, sizeof mcu_nucleo_l4r5zi_x_cube_ai_8_1},
  {"mcu", "nucleo-l4r5zi+x-cube-ai-9", mcu_nucleo_l4r5zi_x_cube_ai_9, sizeof mcu_nucleo_l4r5zi_x_cube_ai_9},
  {"mcu", "nucleo-u575zi-q+hale", mcu_nucleo_u575zi_q_hale, sizeof mcu_nucleo_u575zi_q_hale},
  {"mcu", "nucleo-u575zi-q+plumerai-2023", mcu_nucleo_u575zi_q_plumerai_2023, sizeof mcu_nucleo_u575zi_q_plumerai_2023},
  {"mcu", "nucleo-u575zi-q+x-cube-ai-7.0", mcu_nucleo_u575zi_q_x_cube_ai_7_0, sizeof mcu_nucleo_u575zi_q_x_cube_ai_7_0},
  {"mcu", "nucleo-u575zi-q+x-cube-ai-7.3", mcu_nucleo_u575zi_q_x_cube_ai_7_3, sizeof mcu_nucleo_u575zi_q_x_cube_ai_7_3},
  {"mcu", "nucleo-u575zi-q+x-cube-ai-8.1", mcu_nucleo_u575zi_q_x_cube_ai_8_1, sizeof mcu_nucleo_u575zi_q_x_cube_ai_8_1},
  {"mcu", "nucleo-u575zi-q+x-cube-ai-9", mcu_nucleo_u575zi_q_x_cube_ai_9, sizeof mcu_nucleo_u575zi_q_x_cube_ai_9},
  {"mcu", "raspberry-pi-pico+tflm+cmsis-nn", mcu_raspberry_pi_pico_tflm_cmsis_nn, sizeof mcu_raspberry_pi_pico_tflm_cmsis_nn},
  {"mcu", "raspberry-pi-pico-2+tflm+cmsis-nn", mcu_raspberry_pi_pico_2_tflm_cmsis_nn, sizeof mcu_raspberry_pi_pico_2_tflm_cmsis_nn},
  {"mcu", "rx65n-cloud-kit+renesas", mcu_rx65n_cloud_kit_renesas, sizeof mcu_rx65n_cloud_kit_renesas},
  {"mcu", "stm32f407g-disc1+tflm+cmsis-nn", mcu_stm32f407g_disc1_tflm_cmsis_nn, sizeof mcu_stm32f407g_disc1_tflm_cmsis_nn},
  {"mcu", "stm32f746g-disco+tflm+cmsis-nn", mcu_stm32f746g_disco_tflm_cmsis_nn, sizeof mcu_stm32f746g_disco_tflm_cmsis_nn},
  {"mcu", "stm32f746g-disco+tinyengine", mcu_stm32f746g_disco_tinyengine, sizeof mcu_stm32f746g_disco_tinyengine},
  {"mcu", "stm32f746g-disco+x-cube-ai-9", mcu_stm32f746g_disco_x_cube_ai_9, sizeof mcu_stm32f746g_disco_x_cube_ai_9},
  {"mcu", "stm32h743+cmix-nn", mcu_stm32h743_cmix_nn, sizeof mcu_stm32h743_cmix_nn},
  {"mcu", "stm32h743+tflm+cmsis-nn", mcu_stm32h743_tflm_cmsis_nn, sizeof mcu_stm32h743_tflm_cmsis_nn},
  {"mcu", "stm32h743+tflm", mcu_stm32h743_tflm, sizeof mcu_stm32h743_tflm},
  {"mcu", "stm32h743+tinyengine", mcu_stm32h743_tinyengine, sizeof mcu_stm32h743_tinyengine},
  {"mcu", "stm32h743+x-cube-ai-7.3", mcu_stm32h743_x_cube_ai_7_3, sizeof mcu_stm32h743_x_cube_ai_7_3},
  {"mcu", "stm32h747i-disco+x-cube-ai-10", mcu_stm32h747i_disco_x_cube_ai_10, sizeof mcu_stm32h747i_disco_x_cube_ai_10},
  {"mcu", "xg24-dk2601b+tflm+mvp", mcu_xg24_dk2601b_tflm_mvp, sizeof mcu_xg24_dk2601b_tflm_mvp},
};

const long hwsim_target_file_count = sizeof files / sizeof files[0];

struct hwsim_target_file hwsim_target_file_at(long index) { return files[index]; }
