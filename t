#! /usr/bin/vvp
:ivl_version "11.0 (stable)";
:ivl_delay_selection "TYPICAL";
:vpi_time_precision + 0;
:vpi_module "/usr/lib/x86_64-linux-gnu/ivl/system.vpi";
:vpi_module "/usr/lib/x86_64-linux-gnu/ivl/vhdl_sys.vpi";
:vpi_module "/usr/lib/x86_64-linux-gnu/ivl/vhdl_textio.vpi";
:vpi_module "/usr/lib/x86_64-linux-gnu/ivl/v2005_math.vpi";
:vpi_module "/usr/lib/x86_64-linux-gnu/ivl/va_math.vpi";
S_0x556a65f91160 .scope module, "relu1" "relu1" 2 1;
 .timescale 0 0;
    .port_info 0 /INPUT 1 "clk";
    .port_info 1 /INPUT 640 "x";
    .port_info 2 /OUTPUT 256 "y";
o0x7f6885313018 .functor BUFZ 1, C4<z>; HiZ drive
v0x556a65fefa40_0 .net "clk", 0 0, o0x7f6885313018;  0 drivers
o0x7f6885313048 .functor BUFZ 640, C4<zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz>; HiZ drive
v0x556a65fefb20_0 .net "x", 639 0, o0x7f6885313048;  0 drivers
v0x556a65fefc00_0 .net "y", 255 0, L_0x556a660191c0;  1 drivers
L_0x556a65fefd40 .part o0x7f6885313048, 0, 20;
L_0x556a66000a40 .part o0x7f6885313048, 20, 20;
L_0x556a66001730 .part o0x7f6885313048, 40, 20;
L_0x556a66002350 .part o0x7f6885313048, 60, 20;
L_0x556a660030f0 .part o0x7f6885313048, 80, 20;
L_0x556a66003d10 .part o0x7f6885313048, 100, 20;
L_0x556a66004970 .part o0x7f6885313048, 120, 20;
L_0x556a660057a0 .part o0x7f6885313048, 140, 20;
L_0x556a66006410 .part o0x7f6885313048, 160, 20;
L_0x556a66007030 .part o0x7f6885313048, 180, 20;
L_0x556a66007c60 .part o0x7f6885313048, 200, 20;
L_0x556a66008880 .part o0x7f6885313048, 220, 20;
L_0x556a66009510 .part o0x7f6885313048, 240, 20;
L_0x556a6600a540 .part o0x7f6885313048, 260, 20;
L_0x556a6600b1b0 .part o0x7f6885313048, 280, 20;
L_0x556a6600bda0 .part o0x7f6885313048, 300, 20;
L_0x556a6600ca20 .part o0x7f6885313048, 320, 20;
L_0x556a6600d610 .part o0x7f6885313048, 340, 20;
L_0x556a6600e2a0 .part o0x7f6885313048, 360, 20;
L_0x556a6600ef50 .part o0x7f6885313048, 380, 20;
L_0x556a6600fb80 .part o0x7f6885313048, 400, 20;
L_0x556a660107a0 .part o0x7f6885313048, 420, 20;
L_0x556a66011480 .part o0x7f6885313048, 440, 20;
L_0x556a660120a0 .part o0x7f6885313048, 460, 20;
L_0x556a66012d90 .part o0x7f6885313048, 480, 20;
L_0x556a660139b0 .part o0x7f6885313048, 500, 20;
L_0x556a66014ec0 .part o0x7f6885313048, 520, 20;
L_0x556a66015ab0 .part o0x7f6885313048, 540, 20;
L_0x556a66016790 .part o0x7f6885313048, 560, 20;
L_0x556a66017380 .part o0x7f6885313048, 580, 20;
L_0x556a66018070 .part o0x7f6885313048, 600, 20;
L_0x556a66018cc0 .part o0x7f6885313048, 620, 20;
LS_0x556a660191c0_0_0 .concat8 [ 8 8 8 8], L_0x556a660008a0, L_0x556a66001590, L_0x556a660021b0, L_0x556a66002f50;
LS_0x556a660191c0_0_4 .concat8 [ 8 8 8 8], L_0x556a66003b70, L_0x556a660047d0, L_0x556a66005600, L_0x556a66006270;
LS_0x556a660191c0_0_8 .concat8 [ 8 8 8 8], L_0x556a66006e90, L_0x556a66007ac0, L_0x556a660086e0, L_0x556a66009370;
LS_0x556a660191c0_0_12 .concat8 [ 8 8 8 8], L_0x556a6600a3a0, L_0x556a6600b010, L_0x556a6600bc00, L_0x556a6600c880;
LS_0x556a660191c0_0_16 .concat8 [ 8 8 8 8], L_0x556a6600d470, L_0x556a6600e100, L_0x556a6600edb0, L_0x556a6600f9e0;
LS_0x556a660191c0_0_20 .concat8 [ 8 8 8 8], L_0x556a66010600, L_0x556a660112e0, L_0x556a66011f00, L_0x556a66012bf0;
LS_0x556a660191c0_0_24 .concat8 [ 8 8 8 8], L_0x556a66013810, L_0x556a66014d20, L_0x556a66015910, L_0x556a660165f0;
LS_0x556a660191c0_0_28 .concat8 [ 8 8 8 8], L_0x556a660171e0, L_0x556a66017ed0, L_0x556a66018b20, L_0x556a6601a2a0;
LS_0x556a660191c0_1_0 .concat8 [ 32 32 32 32], LS_0x556a660191c0_0_0, LS_0x556a660191c0_0_4, LS_0x556a660191c0_0_8, LS_0x556a660191c0_0_12;
LS_0x556a660191c0_1_4 .concat8 [ 32 32 32 32], LS_0x556a660191c0_0_16, LS_0x556a660191c0_0_20, LS_0x556a660191c0_0_24, LS_0x556a660191c0_0_28;
L_0x556a660191c0 .concat8 [ 128 128 0 0], LS_0x556a660191c0_1_0, LS_0x556a660191c0_1_4;
S_0x556a65f4f650 .scope generate, "lane[0]" "lane[0]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65f89530 .param/l "i" 0 2 3, +C4<00>;
L_0x7f68852c4018 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65f47ba0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c4018;  1 drivers
L_0x7f68852c4060 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fcdcf0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4060;  1 drivers
v0x556a65fcddd0_0 .net *"_ivl_13", 0 0, L_0x556a660001c0;  1 drivers
L_0x7f68852c40a8 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fcde70_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c40a8;  1 drivers
v0x556a65fcdf50_0 .net/s *"_ivl_17", 31 0, L_0x556a66000330;  1 drivers
L_0x7f68852c40f0 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fce030_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c40f0;  1 drivers
v0x556a65fce110_0 .net *"_ivl_21", 0 0, L_0x556a66000490;  1 drivers
L_0x7f68852c4138 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fce1d0_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c4138;  1 drivers
v0x556a65fce2b0_0 .net *"_ivl_26", 7 0, L_0x556a66000620;  1 drivers
v0x556a65fce420_0 .net *"_ivl_27", 7 0, L_0x556a66000710;  1 drivers
v0x556a65fce500_0 .net *"_ivl_29", 7 0, L_0x556a660008a0;  1 drivers
v0x556a65fce5e0_0 .net/s *"_ivl_3", 19 0, L_0x556a65fffdf0;  1 drivers
v0x556a65fce6c0_0 .net *"_ivl_7", 13 0, L_0x556a65fffee0;  1 drivers
v0x556a65fce7a0_0 .net/s *"_ivl_9", 31 0, L_0x556a660000c0;  1 drivers
v0x556a65fce880_0 .net/s "r", 19 0, L_0x556a65ffffd0;  1 drivers
v0x556a65fce960_0 .net/s "v", 19 0, L_0x556a65fefd40;  1 drivers
L_0x556a65fffdf0 .arith/sum 20, L_0x556a65fefd40, L_0x7f68852c4018;
L_0x556a65fffee0 .part L_0x556a65fffdf0, 6, 14;
L_0x556a65ffffd0 .extend/s 20, L_0x556a65fffee0;
L_0x556a660000c0 .extend/s 32, L_0x556a65fefd40;
L_0x556a660001c0 .cmp/ge.s 32, L_0x7f68852c4060, L_0x556a660000c0;
L_0x556a66000330 .extend/s 32, L_0x556a65ffffd0;
L_0x556a66000490 .cmp/gt.s 32, L_0x556a66000330, L_0x7f68852c40f0;
L_0x556a66000620 .part L_0x556a65ffffd0, 0, 8;
L_0x556a66000710 .functor MUXZ 8, L_0x556a66000620, L_0x7f68852c4138, L_0x556a66000490, C4<>;
L_0x556a660008a0 .functor MUXZ 8, L_0x556a66000710, L_0x7f68852c40a8, L_0x556a660001c0, C4<>;
S_0x556a65fcea40 .scope generate, "lane[1]" "lane[1]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65f5c2a0 .param/l "i" 0 2 3, +C4<01>;
L_0x7f68852c4180 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fcec80_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c4180;  1 drivers
L_0x7f68852c41c8 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fced60_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c41c8;  1 drivers
v0x556a65fcee40_0 .net *"_ivl_13", 0 0, L_0x556a66000f20;  1 drivers
L_0x7f68852c4210 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fceee0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c4210;  1 drivers
v0x556a65fcefc0_0 .net/s *"_ivl_17", 31 0, L_0x556a66001060;  1 drivers
L_0x7f68852c4258 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fcf0a0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c4258;  1 drivers
v0x556a65fcf180_0 .net *"_ivl_21", 0 0, L_0x556a66001220;  1 drivers
L_0x7f68852c42a0 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fcf240_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c42a0;  1 drivers
v0x556a65fcf320_0 .net *"_ivl_26", 7 0, L_0x556a66001310;  1 drivers
v0x556a65fcf490_0 .net *"_ivl_27", 7 0, L_0x556a66001400;  1 drivers
v0x556a65fcf570_0 .net *"_ivl_29", 7 0, L_0x556a66001590;  1 drivers
v0x556a65fcf650_0 .net/s *"_ivl_3", 19 0, L_0x556a66000b30;  1 drivers
v0x556a65fcf730_0 .net *"_ivl_7", 13 0, L_0x556a66000c70;  1 drivers
v0x556a65fcf810_0 .net/s *"_ivl_9", 31 0, L_0x556a66000e50;  1 drivers
v0x556a65fcf8f0_0 .net/s "r", 19 0, L_0x556a66000d60;  1 drivers
v0x556a65fcf9d0_0 .net/s "v", 19 0, L_0x556a66000a40;  1 drivers
L_0x556a66000b30 .arith/sum 20, L_0x556a66000a40, L_0x7f68852c4180;
L_0x556a66000c70 .part L_0x556a66000b30, 6, 14;
L_0x556a66000d60 .extend/s 20, L_0x556a66000c70;
L_0x556a66000e50 .extend/s 32, L_0x556a66000a40;
L_0x556a66000f20 .cmp/ge.s 32, L_0x7f68852c41c8, L_0x556a66000e50;
L_0x556a66001060 .extend/s 32, L_0x556a66000d60;
L_0x556a66001220 .cmp/gt.s 32, L_0x556a66001060, L_0x7f68852c4258;
L_0x556a66001310 .part L_0x556a66000d60, 0, 8;
L_0x556a66001400 .functor MUXZ 8, L_0x556a66001310, L_0x7f68852c42a0, L_0x556a66001220, C4<>;
L_0x556a66001590 .functor MUXZ 8, L_0x556a66001400, L_0x7f68852c4210, L_0x556a66000f20, C4<>;
S_0x556a65fcfab0 .scope generate, "lane[2]" "lane[2]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65f64600 .param/l "i" 0 2 3, +C4<010>;
L_0x7f68852c42e8 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fcfcd0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c42e8;  1 drivers
L_0x7f68852c4330 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fcfdb0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4330;  1 drivers
v0x556a65fcfe90_0 .net *"_ivl_13", 0 0, L_0x556a66001bc0;  1 drivers
L_0x7f68852c4378 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fcff30_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c4378;  1 drivers
v0x556a65fd0010_0 .net/s *"_ivl_17", 31 0, L_0x556a66001d00;  1 drivers
L_0x7f68852c43c0 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd00f0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c43c0;  1 drivers
v0x556a65fd01d0_0 .net *"_ivl_21", 0 0, L_0x556a66001df0;  1 drivers
L_0x7f68852c4408 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd0290_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c4408;  1 drivers
v0x556a65fd0370_0 .net *"_ivl_26", 7 0, L_0x556a66001f30;  1 drivers
v0x556a65fd04e0_0 .net *"_ivl_27", 7 0, L_0x556a66002020;  1 drivers
v0x556a65fd05c0_0 .net *"_ivl_29", 7 0, L_0x556a660021b0;  1 drivers
v0x556a65fd06a0_0 .net/s *"_ivl_3", 19 0, L_0x556a660017d0;  1 drivers
v0x556a65fd0780_0 .net *"_ivl_7", 13 0, L_0x556a66001910;  1 drivers
v0x556a65fd0860_0 .net/s *"_ivl_9", 31 0, L_0x556a66001af0;  1 drivers
v0x556a65fd0940_0 .net/s "r", 19 0, L_0x556a66001a00;  1 drivers
v0x556a65fd0a20_0 .net/s "v", 19 0, L_0x556a66001730;  1 drivers
L_0x556a660017d0 .arith/sum 20, L_0x556a66001730, L_0x7f68852c42e8;
L_0x556a66001910 .part L_0x556a660017d0, 6, 14;
L_0x556a66001a00 .extend/s 20, L_0x556a66001910;
L_0x556a66001af0 .extend/s 32, L_0x556a66001730;
L_0x556a66001bc0 .cmp/ge.s 32, L_0x7f68852c4330, L_0x556a66001af0;
L_0x556a66001d00 .extend/s 32, L_0x556a66001a00;
L_0x556a66001df0 .cmp/gt.s 32, L_0x556a66001d00, L_0x7f68852c43c0;
L_0x556a66001f30 .part L_0x556a66001a00, 0, 8;
L_0x556a66002020 .functor MUXZ 8, L_0x556a66001f30, L_0x7f68852c4408, L_0x556a66001df0, C4<>;
L_0x556a660021b0 .functor MUXZ 8, L_0x556a66002020, L_0x7f68852c4378, L_0x556a66001bc0, C4<>;
S_0x556a65fd0b00 .scope generate, "lane[3]" "lane[3]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65f6c960 .param/l "i" 0 2 3, +C4<011>;
L_0x7f68852c4450 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd0d40_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c4450;  1 drivers
L_0x7f68852c4498 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd0e20_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4498;  1 drivers
v0x556a65fd0f00_0 .net *"_ivl_13", 0 0, L_0x556a66002960;  1 drivers
L_0x7f68852c44e0 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd0fa0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c44e0;  1 drivers
v0x556a65fd1080_0 .net/s *"_ivl_17", 31 0, L_0x556a66002aa0;  1 drivers
L_0x7f68852c4528 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd1160_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c4528;  1 drivers
v0x556a65fd1240_0 .net *"_ivl_21", 0 0, L_0x556a66002b90;  1 drivers
L_0x7f68852c4570 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd1300_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c4570;  1 drivers
v0x556a65fd13e0_0 .net *"_ivl_26", 7 0, L_0x556a66002cd0;  1 drivers
v0x556a65fd1550_0 .net *"_ivl_27", 7 0, L_0x556a66002dc0;  1 drivers
v0x556a65fd1630_0 .net *"_ivl_29", 7 0, L_0x556a66002f50;  1 drivers
v0x556a65fd1710_0 .net/s *"_ivl_3", 19 0, L_0x556a660024b0;  1 drivers
v0x556a65fd17f0_0 .net *"_ivl_7", 13 0, L_0x556a660025a0;  1 drivers
v0x556a65fd18d0_0 .net/s *"_ivl_9", 31 0, L_0x556a66002780;  1 drivers
v0x556a65fd19b0_0 .net/s "r", 19 0, L_0x556a66002690;  1 drivers
v0x556a65fd1a90_0 .net/s "v", 19 0, L_0x556a66002350;  1 drivers
L_0x556a660024b0 .arith/sum 20, L_0x556a66002350, L_0x7f68852c4450;
L_0x556a660025a0 .part L_0x556a660024b0, 6, 14;
L_0x556a66002690 .extend/s 20, L_0x556a660025a0;
L_0x556a66002780 .extend/s 32, L_0x556a66002350;
L_0x556a66002960 .cmp/ge.s 32, L_0x7f68852c4498, L_0x556a66002780;
L_0x556a66002aa0 .extend/s 32, L_0x556a66002690;
L_0x556a66002b90 .cmp/gt.s 32, L_0x556a66002aa0, L_0x7f68852c4528;
L_0x556a66002cd0 .part L_0x556a66002690, 0, 8;
L_0x556a66002dc0 .functor MUXZ 8, L_0x556a66002cd0, L_0x7f68852c4570, L_0x556a66002b90, C4<>;
L_0x556a66002f50 .functor MUXZ 8, L_0x556a66002dc0, L_0x7f68852c44e0, L_0x556a66002960, C4<>;
S_0x556a65fd1b70 .scope generate, "lane[4]" "lane[4]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fd1d70 .param/l "i" 0 2 3, +C4<0100>;
L_0x7f68852c45b8 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd1e50_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c45b8;  1 drivers
L_0x7f68852c4600 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd1f30_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4600;  1 drivers
v0x556a65fd2010_0 .net *"_ivl_13", 0 0, L_0x556a66003580;  1 drivers
L_0x7f68852c4648 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd20b0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c4648;  1 drivers
v0x556a65fd2190_0 .net/s *"_ivl_17", 31 0, L_0x556a660036c0;  1 drivers
L_0x7f68852c4690 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd22c0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c4690;  1 drivers
v0x556a65fd23a0_0 .net *"_ivl_21", 0 0, L_0x556a660037b0;  1 drivers
L_0x7f68852c46d8 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd2460_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c46d8;  1 drivers
v0x556a65fd2540_0 .net *"_ivl_26", 7 0, L_0x556a660038f0;  1 drivers
v0x556a65fd26b0_0 .net *"_ivl_27", 7 0, L_0x556a660039e0;  1 drivers
v0x556a65fd2790_0 .net *"_ivl_29", 7 0, L_0x556a66003b70;  1 drivers
v0x556a65fd2870_0 .net/s *"_ivl_3", 19 0, L_0x556a66003190;  1 drivers
v0x556a65fd2950_0 .net *"_ivl_7", 13 0, L_0x556a660032d0;  1 drivers
v0x556a65fd2a30_0 .net/s *"_ivl_9", 31 0, L_0x556a660034b0;  1 drivers
v0x556a65fd2b10_0 .net/s "r", 19 0, L_0x556a660033c0;  1 drivers
v0x556a65fd2bf0_0 .net/s "v", 19 0, L_0x556a660030f0;  1 drivers
L_0x556a66003190 .arith/sum 20, L_0x556a660030f0, L_0x7f68852c45b8;
L_0x556a660032d0 .part L_0x556a66003190, 6, 14;
L_0x556a660033c0 .extend/s 20, L_0x556a660032d0;
L_0x556a660034b0 .extend/s 32, L_0x556a660030f0;
L_0x556a66003580 .cmp/ge.s 32, L_0x7f68852c4600, L_0x556a660034b0;
L_0x556a660036c0 .extend/s 32, L_0x556a660033c0;
L_0x556a660037b0 .cmp/gt.s 32, L_0x556a660036c0, L_0x7f68852c4690;
L_0x556a660038f0 .part L_0x556a660033c0, 0, 8;
L_0x556a660039e0 .functor MUXZ 8, L_0x556a660038f0, L_0x7f68852c46d8, L_0x556a660037b0, C4<>;
L_0x556a66003b70 .functor MUXZ 8, L_0x556a660039e0, L_0x7f68852c4648, L_0x556a66003580, C4<>;
S_0x556a65fd2cd0 .scope generate, "lane[5]" "lane[5]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fd2e80 .param/l "i" 0 2 3, +C4<0101>;
L_0x7f68852c4720 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd2f60_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c4720;  1 drivers
L_0x7f68852c4768 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd3040_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4768;  1 drivers
v0x556a65fd3120_0 .net *"_ivl_13", 0 0, L_0x556a660041a0;  1 drivers
L_0x7f68852c47b0 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd31c0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c47b0;  1 drivers
v0x556a65fd32a0_0 .net/s *"_ivl_17", 31 0, L_0x556a660042e0;  1 drivers
L_0x7f68852c47f8 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd33d0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c47f8;  1 drivers
v0x556a65fd34b0_0 .net *"_ivl_21", 0 0, L_0x556a66004410;  1 drivers
L_0x7f68852c4840 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd3570_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c4840;  1 drivers
v0x556a65fd3650_0 .net *"_ivl_26", 7 0, L_0x556a66004550;  1 drivers
v0x556a65fd37c0_0 .net *"_ivl_27", 7 0, L_0x556a66004640;  1 drivers
v0x556a65fd38a0_0 .net *"_ivl_29", 7 0, L_0x556a660047d0;  1 drivers
v0x556a65fd3980_0 .net/s *"_ivl_3", 19 0, L_0x556a66003db0;  1 drivers
v0x556a65fd3a60_0 .net *"_ivl_7", 13 0, L_0x556a66003ef0;  1 drivers
v0x556a65fd3b40_0 .net/s *"_ivl_9", 31 0, L_0x556a660040d0;  1 drivers
v0x556a65fd3c20_0 .net/s "r", 19 0, L_0x556a66003fe0;  1 drivers
v0x556a65fd3d00_0 .net/s "v", 19 0, L_0x556a66003d10;  1 drivers
L_0x556a66003db0 .arith/sum 20, L_0x556a66003d10, L_0x7f68852c4720;
L_0x556a66003ef0 .part L_0x556a66003db0, 6, 14;
L_0x556a66003fe0 .extend/s 20, L_0x556a66003ef0;
L_0x556a660040d0 .extend/s 32, L_0x556a66003d10;
L_0x556a660041a0 .cmp/ge.s 32, L_0x7f68852c4768, L_0x556a660040d0;
L_0x556a660042e0 .extend/s 32, L_0x556a66003fe0;
L_0x556a66004410 .cmp/gt.s 32, L_0x556a660042e0, L_0x7f68852c47f8;
L_0x556a66004550 .part L_0x556a66003fe0, 0, 8;
L_0x556a66004640 .functor MUXZ 8, L_0x556a66004550, L_0x7f68852c4840, L_0x556a66004410, C4<>;
L_0x556a660047d0 .functor MUXZ 8, L_0x556a66004640, L_0x7f68852c47b0, L_0x556a660041a0, C4<>;
S_0x556a65fd3de0 .scope generate, "lane[6]" "lane[6]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fd3f90 .param/l "i" 0 2 3, +C4<0110>;
L_0x7f68852c4888 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd4070_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c4888;  1 drivers
L_0x7f68852c48d0 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd4150_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c48d0;  1 drivers
v0x556a65fd4230_0 .net *"_ivl_13", 0 0, L_0x556a66004e00;  1 drivers
L_0x7f68852c4918 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd42d0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c4918;  1 drivers
v0x556a65fd43b0_0 .net/s *"_ivl_17", 31 0, L_0x556a66005150;  1 drivers
L_0x7f68852c4960 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd44e0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c4960;  1 drivers
v0x556a65fd45c0_0 .net *"_ivl_21", 0 0, L_0x556a66005240;  1 drivers
L_0x7f68852c49a8 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd4680_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c49a8;  1 drivers
v0x556a65fd4760_0 .net *"_ivl_26", 7 0, L_0x556a66005380;  1 drivers
v0x556a65fd48d0_0 .net *"_ivl_27", 7 0, L_0x556a66005470;  1 drivers
v0x556a65fd49b0_0 .net *"_ivl_29", 7 0, L_0x556a66005600;  1 drivers
v0x556a65fd4a90_0 .net/s *"_ivl_3", 19 0, L_0x556a66004a10;  1 drivers
v0x556a65fd4b70_0 .net *"_ivl_7", 13 0, L_0x556a66004b50;  1 drivers
v0x556a65fd4c50_0 .net/s *"_ivl_9", 31 0, L_0x556a66004d30;  1 drivers
v0x556a65fd4d30_0 .net/s "r", 19 0, L_0x556a66004c40;  1 drivers
v0x556a65fd4e10_0 .net/s "v", 19 0, L_0x556a66004970;  1 drivers
L_0x556a66004a10 .arith/sum 20, L_0x556a66004970, L_0x7f68852c4888;
L_0x556a66004b50 .part L_0x556a66004a10, 6, 14;
L_0x556a66004c40 .extend/s 20, L_0x556a66004b50;
L_0x556a66004d30 .extend/s 32, L_0x556a66004970;
L_0x556a66004e00 .cmp/ge.s 32, L_0x7f68852c48d0, L_0x556a66004d30;
L_0x556a66005150 .extend/s 32, L_0x556a66004c40;
L_0x556a66005240 .cmp/gt.s 32, L_0x556a66005150, L_0x7f68852c4960;
L_0x556a66005380 .part L_0x556a66004c40, 0, 8;
L_0x556a66005470 .functor MUXZ 8, L_0x556a66005380, L_0x7f68852c49a8, L_0x556a66005240, C4<>;
L_0x556a66005600 .functor MUXZ 8, L_0x556a66005470, L_0x7f68852c4918, L_0x556a66004e00, C4<>;
S_0x556a65fd4ef0 .scope generate, "lane[7]" "lane[7]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fd50a0 .param/l "i" 0 2 3, +C4<0111>;
L_0x7f68852c49f0 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd5180_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c49f0;  1 drivers
L_0x7f68852c4a38 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd5260_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4a38;  1 drivers
v0x556a65fd5340_0 .net *"_ivl_13", 0 0, L_0x556a66005c80;  1 drivers
L_0x7f68852c4a80 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd53e0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c4a80;  1 drivers
v0x556a65fd54c0_0 .net/s *"_ivl_17", 31 0, L_0x556a66005dc0;  1 drivers
L_0x7f68852c4ac8 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd55f0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c4ac8;  1 drivers
v0x556a65fd56d0_0 .net *"_ivl_21", 0 0, L_0x556a66005eb0;  1 drivers
L_0x7f68852c4b10 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd5790_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c4b10;  1 drivers
v0x556a65fd5870_0 .net *"_ivl_26", 7 0, L_0x556a66005ff0;  1 drivers
v0x556a65fd59e0_0 .net *"_ivl_27", 7 0, L_0x556a660060e0;  1 drivers
v0x556a65fd5ac0_0 .net *"_ivl_29", 7 0, L_0x556a66006270;  1 drivers
v0x556a65fd5ba0_0 .net/s *"_ivl_3", 19 0, L_0x556a66005890;  1 drivers
v0x556a65fd5c80_0 .net *"_ivl_7", 13 0, L_0x556a660059d0;  1 drivers
v0x556a65fd5d60_0 .net/s *"_ivl_9", 31 0, L_0x556a66005bb0;  1 drivers
v0x556a65fd5e40_0 .net/s "r", 19 0, L_0x556a66005ac0;  1 drivers
v0x556a65fd5f20_0 .net/s "v", 19 0, L_0x556a660057a0;  1 drivers
L_0x556a66005890 .arith/sum 20, L_0x556a660057a0, L_0x7f68852c49f0;
L_0x556a660059d0 .part L_0x556a66005890, 6, 14;
L_0x556a66005ac0 .extend/s 20, L_0x556a660059d0;
L_0x556a66005bb0 .extend/s 32, L_0x556a660057a0;
L_0x556a66005c80 .cmp/ge.s 32, L_0x7f68852c4a38, L_0x556a66005bb0;
L_0x556a66005dc0 .extend/s 32, L_0x556a66005ac0;
L_0x556a66005eb0 .cmp/gt.s 32, L_0x556a66005dc0, L_0x7f68852c4ac8;
L_0x556a66005ff0 .part L_0x556a66005ac0, 0, 8;
L_0x556a660060e0 .functor MUXZ 8, L_0x556a66005ff0, L_0x7f68852c4b10, L_0x556a66005eb0, C4<>;
L_0x556a66006270 .functor MUXZ 8, L_0x556a660060e0, L_0x7f68852c4a80, L_0x556a66005c80, C4<>;
S_0x556a65fd6000 .scope generate, "lane[8]" "lane[8]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fd1d20 .param/l "i" 0 2 3, +C4<01000>;
L_0x7f68852c4b58 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd62d0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c4b58;  1 drivers
L_0x7f68852c4ba0 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd63b0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4ba0;  1 drivers
v0x556a65fd6490_0 .net *"_ivl_13", 0 0, L_0x556a660068a0;  1 drivers
L_0x7f68852c4be8 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd6530_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c4be8;  1 drivers
v0x556a65fd6610_0 .net/s *"_ivl_17", 31 0, L_0x556a660069e0;  1 drivers
L_0x7f68852c4c30 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd6740_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c4c30;  1 drivers
v0x556a65fd6820_0 .net *"_ivl_21", 0 0, L_0x556a66006ad0;  1 drivers
L_0x7f68852c4c78 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd68e0_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c4c78;  1 drivers
v0x556a65fd69c0_0 .net *"_ivl_26", 7 0, L_0x556a66006c10;  1 drivers
v0x556a65fd6b30_0 .net *"_ivl_27", 7 0, L_0x556a66006d00;  1 drivers
v0x556a65fd6c10_0 .net *"_ivl_29", 7 0, L_0x556a66006e90;  1 drivers
v0x556a65fd6cf0_0 .net/s *"_ivl_3", 19 0, L_0x556a660064b0;  1 drivers
v0x556a65fd6dd0_0 .net *"_ivl_7", 13 0, L_0x556a660065f0;  1 drivers
v0x556a65fd6eb0_0 .net/s *"_ivl_9", 31 0, L_0x556a660067d0;  1 drivers
v0x556a65fd6f90_0 .net/s "r", 19 0, L_0x556a660066e0;  1 drivers
v0x556a65fd7070_0 .net/s "v", 19 0, L_0x556a66006410;  1 drivers
L_0x556a660064b0 .arith/sum 20, L_0x556a66006410, L_0x7f68852c4b58;
L_0x556a660065f0 .part L_0x556a660064b0, 6, 14;
L_0x556a660066e0 .extend/s 20, L_0x556a660065f0;
L_0x556a660067d0 .extend/s 32, L_0x556a66006410;
L_0x556a660068a0 .cmp/ge.s 32, L_0x7f68852c4ba0, L_0x556a660067d0;
L_0x556a660069e0 .extend/s 32, L_0x556a660066e0;
L_0x556a66006ad0 .cmp/gt.s 32, L_0x556a660069e0, L_0x7f68852c4c30;
L_0x556a66006c10 .part L_0x556a660066e0, 0, 8;
L_0x556a66006d00 .functor MUXZ 8, L_0x556a66006c10, L_0x7f68852c4c78, L_0x556a66006ad0, C4<>;
L_0x556a66006e90 .functor MUXZ 8, L_0x556a66006d00, L_0x7f68852c4be8, L_0x556a660068a0, C4<>;
S_0x556a65fd7150 .scope generate, "lane[9]" "lane[9]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fd7300 .param/l "i" 0 2 3, +C4<01001>;
L_0x7f68852c4cc0 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd73e0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c4cc0;  1 drivers
L_0x7f68852c4d08 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd74c0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4d08;  1 drivers
v0x556a65fd75a0_0 .net *"_ivl_13", 0 0, L_0x556a660074d0;  1 drivers
L_0x7f68852c4d50 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd7640_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c4d50;  1 drivers
v0x556a65fd7720_0 .net/s *"_ivl_17", 31 0, L_0x556a66007610;  1 drivers
L_0x7f68852c4d98 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd7850_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c4d98;  1 drivers
v0x556a65fd7930_0 .net *"_ivl_21", 0 0, L_0x556a66007700;  1 drivers
L_0x7f68852c4de0 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd79f0_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c4de0;  1 drivers
v0x556a65fd7ad0_0 .net *"_ivl_26", 7 0, L_0x556a66007840;  1 drivers
v0x556a65fd7c40_0 .net *"_ivl_27", 7 0, L_0x556a66007930;  1 drivers
v0x556a65fd7d20_0 .net *"_ivl_29", 7 0, L_0x556a66007ac0;  1 drivers
v0x556a65fd7e00_0 .net/s *"_ivl_3", 19 0, L_0x556a66007130;  1 drivers
v0x556a65fd7ee0_0 .net *"_ivl_7", 13 0, L_0x556a66007220;  1 drivers
v0x556a65fd7fc0_0 .net/s *"_ivl_9", 31 0, L_0x556a66007400;  1 drivers
v0x556a65fd80a0_0 .net/s "r", 19 0, L_0x556a66007310;  1 drivers
v0x556a65fd8180_0 .net/s "v", 19 0, L_0x556a66007030;  1 drivers
L_0x556a66007130 .arith/sum 20, L_0x556a66007030, L_0x7f68852c4cc0;
L_0x556a66007220 .part L_0x556a66007130, 6, 14;
L_0x556a66007310 .extend/s 20, L_0x556a66007220;
L_0x556a66007400 .extend/s 32, L_0x556a66007030;
L_0x556a660074d0 .cmp/ge.s 32, L_0x7f68852c4d08, L_0x556a66007400;
L_0x556a66007610 .extend/s 32, L_0x556a66007310;
L_0x556a66007700 .cmp/gt.s 32, L_0x556a66007610, L_0x7f68852c4d98;
L_0x556a66007840 .part L_0x556a66007310, 0, 8;
L_0x556a66007930 .functor MUXZ 8, L_0x556a66007840, L_0x7f68852c4de0, L_0x556a66007700, C4<>;
L_0x556a66007ac0 .functor MUXZ 8, L_0x556a66007930, L_0x7f68852c4d50, L_0x556a660074d0, C4<>;
S_0x556a65fd8260 .scope generate, "lane[10]" "lane[10]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fd8410 .param/l "i" 0 2 3, +C4<01010>;
L_0x7f68852c4e28 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd84f0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c4e28;  1 drivers
L_0x7f68852c4e70 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd85d0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4e70;  1 drivers
v0x556a65fd86b0_0 .net *"_ivl_13", 0 0, L_0x556a660080f0;  1 drivers
L_0x7f68852c4eb8 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd8750_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c4eb8;  1 drivers
v0x556a65fd8830_0 .net/s *"_ivl_17", 31 0, L_0x556a66008230;  1 drivers
L_0x7f68852c4f00 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd8960_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c4f00;  1 drivers
v0x556a65fd8a40_0 .net *"_ivl_21", 0 0, L_0x556a66008320;  1 drivers
L_0x7f68852c4f48 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd8b00_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c4f48;  1 drivers
v0x556a65fd8be0_0 .net *"_ivl_26", 7 0, L_0x556a66008460;  1 drivers
v0x556a65fd8d50_0 .net *"_ivl_27", 7 0, L_0x556a66008550;  1 drivers
v0x556a65fd8e30_0 .net *"_ivl_29", 7 0, L_0x556a660086e0;  1 drivers
v0x556a65fd8f10_0 .net/s *"_ivl_3", 19 0, L_0x556a66007d00;  1 drivers
v0x556a65fd8ff0_0 .net *"_ivl_7", 13 0, L_0x556a66007e40;  1 drivers
v0x556a65fd90d0_0 .net/s *"_ivl_9", 31 0, L_0x556a66008020;  1 drivers
v0x556a65fd91b0_0 .net/s "r", 19 0, L_0x556a66007f30;  1 drivers
v0x556a65fd9290_0 .net/s "v", 19 0, L_0x556a66007c60;  1 drivers
L_0x556a66007d00 .arith/sum 20, L_0x556a66007c60, L_0x7f68852c4e28;
L_0x556a66007e40 .part L_0x556a66007d00, 6, 14;
L_0x556a66007f30 .extend/s 20, L_0x556a66007e40;
L_0x556a66008020 .extend/s 32, L_0x556a66007c60;
L_0x556a660080f0 .cmp/ge.s 32, L_0x7f68852c4e70, L_0x556a66008020;
L_0x556a66008230 .extend/s 32, L_0x556a66007f30;
L_0x556a66008320 .cmp/gt.s 32, L_0x556a66008230, L_0x7f68852c4f00;
L_0x556a66008460 .part L_0x556a66007f30, 0, 8;
L_0x556a66008550 .functor MUXZ 8, L_0x556a66008460, L_0x7f68852c4f48, L_0x556a66008320, C4<>;
L_0x556a660086e0 .functor MUXZ 8, L_0x556a66008550, L_0x7f68852c4eb8, L_0x556a660080f0, C4<>;
S_0x556a65fd9370 .scope generate, "lane[11]" "lane[11]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fd9520 .param/l "i" 0 2 3, +C4<01011>;
L_0x7f68852c4f90 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd9600_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c4f90;  1 drivers
L_0x7f68852c4fd8 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd96e0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c4fd8;  1 drivers
v0x556a65fd97c0_0 .net *"_ivl_13", 0 0, L_0x556a66008d80;  1 drivers
L_0x7f68852c5020 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fd9860_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c5020;  1 drivers
v0x556a65fd9940_0 .net/s *"_ivl_17", 31 0, L_0x556a66008ec0;  1 drivers
L_0x7f68852c5068 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd9a70_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c5068;  1 drivers
v0x556a65fd9b50_0 .net *"_ivl_21", 0 0, L_0x556a66008fb0;  1 drivers
L_0x7f68852c50b0 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fd9c10_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c50b0;  1 drivers
v0x556a65fd9cf0_0 .net *"_ivl_26", 7 0, L_0x556a660090f0;  1 drivers
v0x556a65fd9e60_0 .net *"_ivl_27", 7 0, L_0x556a660091e0;  1 drivers
v0x556a65fd9f40_0 .net *"_ivl_29", 7 0, L_0x556a66009370;  1 drivers
v0x556a65fda020_0 .net/s *"_ivl_3", 19 0, L_0x556a66008990;  1 drivers
v0x556a65fda100_0 .net *"_ivl_7", 13 0, L_0x556a66008ad0;  1 drivers
v0x556a65fda1e0_0 .net/s *"_ivl_9", 31 0, L_0x556a66008cb0;  1 drivers
v0x556a65fda2c0_0 .net/s "r", 19 0, L_0x556a66008bc0;  1 drivers
v0x556a65fda3a0_0 .net/s "v", 19 0, L_0x556a66008880;  1 drivers
L_0x556a66008990 .arith/sum 20, L_0x556a66008880, L_0x7f68852c4f90;
L_0x556a66008ad0 .part L_0x556a66008990, 6, 14;
L_0x556a66008bc0 .extend/s 20, L_0x556a66008ad0;
L_0x556a66008cb0 .extend/s 32, L_0x556a66008880;
L_0x556a66008d80 .cmp/ge.s 32, L_0x7f68852c4fd8, L_0x556a66008cb0;
L_0x556a66008ec0 .extend/s 32, L_0x556a66008bc0;
L_0x556a66008fb0 .cmp/gt.s 32, L_0x556a66008ec0, L_0x7f68852c5068;
L_0x556a660090f0 .part L_0x556a66008bc0, 0, 8;
L_0x556a660091e0 .functor MUXZ 8, L_0x556a660090f0, L_0x7f68852c50b0, L_0x556a66008fb0, C4<>;
L_0x556a66009370 .functor MUXZ 8, L_0x556a660091e0, L_0x7f68852c5020, L_0x556a66008d80, C4<>;
S_0x556a65fda480 .scope generate, "lane[12]" "lane[12]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fda630 .param/l "i" 0 2 3, +C4<01100>;
L_0x7f68852c50f8 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fda710_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c50f8;  1 drivers
L_0x7f68852c5140 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fda7f0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c5140;  1 drivers
v0x556a65fda8d0_0 .net *"_ivl_13", 0 0, L_0x556a660099a0;  1 drivers
L_0x7f68852c5188 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fda970_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c5188;  1 drivers
v0x556a65fdaa50_0 .net/s *"_ivl_17", 31 0, L_0x556a66009ae0;  1 drivers
L_0x7f68852c51d0 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fdab80_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c51d0;  1 drivers
v0x556a65fdac60_0 .net *"_ivl_21", 0 0, L_0x556a66009bd0;  1 drivers
L_0x7f68852c5218 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fdad20_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c5218;  1 drivers
v0x556a65fdae00_0 .net *"_ivl_26", 7 0, L_0x556a6600a120;  1 drivers
v0x556a65fdaf70_0 .net *"_ivl_27", 7 0, L_0x556a6600a210;  1 drivers
v0x556a65fdb050_0 .net *"_ivl_29", 7 0, L_0x556a6600a3a0;  1 drivers
v0x556a65fdb130_0 .net/s *"_ivl_3", 19 0, L_0x556a660095b0;  1 drivers
v0x556a65fdb210_0 .net *"_ivl_7", 13 0, L_0x556a660096f0;  1 drivers
v0x556a65fdb2f0_0 .net/s *"_ivl_9", 31 0, L_0x556a660098d0;  1 drivers
v0x556a65fdb3d0_0 .net/s "r", 19 0, L_0x556a660097e0;  1 drivers
v0x556a65fdb4b0_0 .net/s "v", 19 0, L_0x556a66009510;  1 drivers
L_0x556a660095b0 .arith/sum 20, L_0x556a66009510, L_0x7f68852c50f8;
L_0x556a660096f0 .part L_0x556a660095b0, 6, 14;
L_0x556a660097e0 .extend/s 20, L_0x556a660096f0;
L_0x556a660098d0 .extend/s 32, L_0x556a66009510;
L_0x556a660099a0 .cmp/ge.s 32, L_0x7f68852c5140, L_0x556a660098d0;
L_0x556a66009ae0 .extend/s 32, L_0x556a660097e0;
L_0x556a66009bd0 .cmp/gt.s 32, L_0x556a66009ae0, L_0x7f68852c51d0;
L_0x556a6600a120 .part L_0x556a660097e0, 0, 8;
L_0x556a6600a210 .functor MUXZ 8, L_0x556a6600a120, L_0x7f68852c5218, L_0x556a66009bd0, C4<>;
L_0x556a6600a3a0 .functor MUXZ 8, L_0x556a6600a210, L_0x7f68852c5188, L_0x556a660099a0, C4<>;
S_0x556a65fdb590 .scope generate, "lane[13]" "lane[13]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fdb740 .param/l "i" 0 2 3, +C4<01101>;
L_0x7f68852c5260 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdb820_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c5260;  1 drivers
L_0x7f68852c52a8 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdb900_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c52a8;  1 drivers
v0x556a65fdb9e0_0 .net *"_ivl_13", 0 0, L_0x556a6600aa20;  1 drivers
L_0x7f68852c52f0 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdba80_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c52f0;  1 drivers
v0x556a65fdbb60_0 .net/s *"_ivl_17", 31 0, L_0x556a6600ab60;  1 drivers
L_0x7f68852c5338 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fdbc90_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c5338;  1 drivers
v0x556a65fdbd70_0 .net *"_ivl_21", 0 0, L_0x556a6600ac50;  1 drivers
L_0x7f68852c5380 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fdbe30_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c5380;  1 drivers
v0x556a65fdbf10_0 .net *"_ivl_26", 7 0, L_0x556a6600ad90;  1 drivers
v0x556a65fdc080_0 .net *"_ivl_27", 7 0, L_0x556a6600ae80;  1 drivers
v0x556a65fdc160_0 .net *"_ivl_29", 7 0, L_0x556a6600b010;  1 drivers
v0x556a65fdc240_0 .net/s *"_ivl_3", 19 0, L_0x556a6600a660;  1 drivers
v0x556a65fdc320_0 .net *"_ivl_7", 13 0, L_0x556a6600a7a0;  1 drivers
v0x556a65fdc400_0 .net/s *"_ivl_9", 31 0, L_0x556a6600a980;  1 drivers
v0x556a65fdc4e0_0 .net/s "r", 19 0, L_0x556a6600a890;  1 drivers
v0x556a65fdc5c0_0 .net/s "v", 19 0, L_0x556a6600a540;  1 drivers
L_0x556a6600a660 .arith/sum 20, L_0x556a6600a540, L_0x7f68852c5260;
L_0x556a6600a7a0 .part L_0x556a6600a660, 6, 14;
L_0x556a6600a890 .extend/s 20, L_0x556a6600a7a0;
L_0x556a6600a980 .extend/s 32, L_0x556a6600a540;
L_0x556a6600aa20 .cmp/ge.s 32, L_0x7f68852c52a8, L_0x556a6600a980;
L_0x556a6600ab60 .extend/s 32, L_0x556a6600a890;
L_0x556a6600ac50 .cmp/gt.s 32, L_0x556a6600ab60, L_0x7f68852c5338;
L_0x556a6600ad90 .part L_0x556a6600a890, 0, 8;
L_0x556a6600ae80 .functor MUXZ 8, L_0x556a6600ad90, L_0x7f68852c5380, L_0x556a6600ac50, C4<>;
L_0x556a6600b010 .functor MUXZ 8, L_0x556a6600ae80, L_0x7f68852c52f0, L_0x556a6600aa20, C4<>;
S_0x556a65fdc6a0 .scope generate, "lane[14]" "lane[14]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fdc850 .param/l "i" 0 2 3, +C4<01110>;
L_0x7f68852c53c8 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdc930_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c53c8;  1 drivers
L_0x7f68852c5410 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdca10_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c5410;  1 drivers
v0x556a65fdcaf0_0 .net *"_ivl_13", 0 0, L_0x556a6600b610;  1 drivers
L_0x7f68852c5458 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdcb90_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c5458;  1 drivers
v0x556a65fdcc70_0 .net/s *"_ivl_17", 31 0, L_0x556a6600b750;  1 drivers
L_0x7f68852c54a0 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fdcda0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c54a0;  1 drivers
v0x556a65fdce80_0 .net *"_ivl_21", 0 0, L_0x556a6600b840;  1 drivers
L_0x7f68852c54e8 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fdcf40_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c54e8;  1 drivers
v0x556a65fdd020_0 .net *"_ivl_26", 7 0, L_0x556a6600b980;  1 drivers
v0x556a65fdd190_0 .net *"_ivl_27", 7 0, L_0x556a6600ba70;  1 drivers
v0x556a65fdd270_0 .net *"_ivl_29", 7 0, L_0x556a6600bc00;  1 drivers
v0x556a65fdd350_0 .net/s *"_ivl_3", 19 0, L_0x556a6600b250;  1 drivers
v0x556a65fdd430_0 .net *"_ivl_7", 13 0, L_0x556a6600b390;  1 drivers
v0x556a65fdd510_0 .net/s *"_ivl_9", 31 0, L_0x556a6600b570;  1 drivers
v0x556a65fdd5f0_0 .net/s "r", 19 0, L_0x556a6600b480;  1 drivers
v0x556a65fdd6d0_0 .net/s "v", 19 0, L_0x556a6600b1b0;  1 drivers
L_0x556a6600b250 .arith/sum 20, L_0x556a6600b1b0, L_0x7f68852c53c8;
L_0x556a6600b390 .part L_0x556a6600b250, 6, 14;
L_0x556a6600b480 .extend/s 20, L_0x556a6600b390;
L_0x556a6600b570 .extend/s 32, L_0x556a6600b1b0;
L_0x556a6600b610 .cmp/ge.s 32, L_0x7f68852c5410, L_0x556a6600b570;
L_0x556a6600b750 .extend/s 32, L_0x556a6600b480;
L_0x556a6600b840 .cmp/gt.s 32, L_0x556a6600b750, L_0x7f68852c54a0;
L_0x556a6600b980 .part L_0x556a6600b480, 0, 8;
L_0x556a6600ba70 .functor MUXZ 8, L_0x556a6600b980, L_0x7f68852c54e8, L_0x556a6600b840, C4<>;
L_0x556a6600bc00 .functor MUXZ 8, L_0x556a6600ba70, L_0x7f68852c5458, L_0x556a6600b610, C4<>;
S_0x556a65fdd7b0 .scope generate, "lane[15]" "lane[15]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fdd960 .param/l "i" 0 2 3, +C4<01111>;
L_0x7f68852c5530 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdda40_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c5530;  1 drivers
L_0x7f68852c5578 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fddb20_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c5578;  1 drivers
v0x556a65fddc00_0 .net *"_ivl_13", 0 0, L_0x556a6600c290;  1 drivers
L_0x7f68852c55c0 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fddca0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c55c0;  1 drivers
v0x556a65fddd80_0 .net/s *"_ivl_17", 31 0, L_0x556a6600c3d0;  1 drivers
L_0x7f68852c5608 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fddeb0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c5608;  1 drivers
v0x556a65fddf90_0 .net *"_ivl_21", 0 0, L_0x556a6600c4c0;  1 drivers
L_0x7f68852c5650 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fde050_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c5650;  1 drivers
v0x556a65fde130_0 .net *"_ivl_26", 7 0, L_0x556a6600c600;  1 drivers
v0x556a65fde2a0_0 .net *"_ivl_27", 7 0, L_0x556a6600c6f0;  1 drivers
v0x556a65fde380_0 .net *"_ivl_29", 7 0, L_0x556a6600c880;  1 drivers
v0x556a65fde460_0 .net/s *"_ivl_3", 19 0, L_0x556a6600bed0;  1 drivers
v0x556a65fde540_0 .net *"_ivl_7", 13 0, L_0x556a6600c010;  1 drivers
v0x556a65fde620_0 .net/s *"_ivl_9", 31 0, L_0x556a6600c1f0;  1 drivers
v0x556a65fde700_0 .net/s "r", 19 0, L_0x556a6600c100;  1 drivers
v0x556a65fde7e0_0 .net/s "v", 19 0, L_0x556a6600bda0;  1 drivers
L_0x556a6600bed0 .arith/sum 20, L_0x556a6600bda0, L_0x7f68852c5530;
L_0x556a6600c010 .part L_0x556a6600bed0, 6, 14;
L_0x556a6600c100 .extend/s 20, L_0x556a6600c010;
L_0x556a6600c1f0 .extend/s 32, L_0x556a6600bda0;
L_0x556a6600c290 .cmp/ge.s 32, L_0x7f68852c5578, L_0x556a6600c1f0;
L_0x556a6600c3d0 .extend/s 32, L_0x556a6600c100;
L_0x556a6600c4c0 .cmp/gt.s 32, L_0x556a6600c3d0, L_0x7f68852c5608;
L_0x556a6600c600 .part L_0x556a6600c100, 0, 8;
L_0x556a6600c6f0 .functor MUXZ 8, L_0x556a6600c600, L_0x7f68852c5650, L_0x556a6600c4c0, C4<>;
L_0x556a6600c880 .functor MUXZ 8, L_0x556a6600c6f0, L_0x7f68852c55c0, L_0x556a6600c290, C4<>;
S_0x556a65fde8c0 .scope generate, "lane[16]" "lane[16]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fdeb80 .param/l "i" 0 2 3, +C4<010000>;
L_0x7f68852c5698 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdec60_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c5698;  1 drivers
L_0x7f68852c56e0 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fded40_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c56e0;  1 drivers
v0x556a65fdee20_0 .net *"_ivl_13", 0 0, L_0x556a6600ce80;  1 drivers
L_0x7f68852c5728 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdeec0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c5728;  1 drivers
v0x556a65fdefa0_0 .net/s *"_ivl_17", 31 0, L_0x556a6600cfc0;  1 drivers
L_0x7f68852c5770 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fdf0d0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c5770;  1 drivers
v0x556a65fdf1b0_0 .net *"_ivl_21", 0 0, L_0x556a6600d0b0;  1 drivers
L_0x7f68852c57b8 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fdf270_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c57b8;  1 drivers
v0x556a65fdf350_0 .net *"_ivl_26", 7 0, L_0x556a6600d1f0;  1 drivers
v0x556a65fdf430_0 .net *"_ivl_27", 7 0, L_0x556a6600d2e0;  1 drivers
v0x556a65fdf510_0 .net *"_ivl_29", 7 0, L_0x556a6600d470;  1 drivers
v0x556a65fdf5f0_0 .net/s *"_ivl_3", 19 0, L_0x556a6600cac0;  1 drivers
v0x556a65fdf6d0_0 .net *"_ivl_7", 13 0, L_0x556a6600cc00;  1 drivers
v0x556a65fdf7b0_0 .net/s *"_ivl_9", 31 0, L_0x556a6600cde0;  1 drivers
v0x556a65fdf890_0 .net/s "r", 19 0, L_0x556a6600ccf0;  1 drivers
v0x556a65fdf970_0 .net/s "v", 19 0, L_0x556a6600ca20;  1 drivers
L_0x556a6600cac0 .arith/sum 20, L_0x556a6600ca20, L_0x7f68852c5698;
L_0x556a6600cc00 .part L_0x556a6600cac0, 6, 14;
L_0x556a6600ccf0 .extend/s 20, L_0x556a6600cc00;
L_0x556a6600cde0 .extend/s 32, L_0x556a6600ca20;
L_0x556a6600ce80 .cmp/ge.s 32, L_0x7f68852c56e0, L_0x556a6600cde0;
L_0x556a6600cfc0 .extend/s 32, L_0x556a6600ccf0;
L_0x556a6600d0b0 .cmp/gt.s 32, L_0x556a6600cfc0, L_0x7f68852c5770;
L_0x556a6600d1f0 .part L_0x556a6600ccf0, 0, 8;
L_0x556a6600d2e0 .functor MUXZ 8, L_0x556a6600d1f0, L_0x7f68852c57b8, L_0x556a6600d0b0, C4<>;
L_0x556a6600d470 .functor MUXZ 8, L_0x556a6600d2e0, L_0x7f68852c5728, L_0x556a6600ce80, C4<>;
S_0x556a65fdfa50 .scope generate, "lane[17]" "lane[17]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fdfc00 .param/l "i" 0 2 3, +C4<010001>;
L_0x7f68852c5800 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdfce0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c5800;  1 drivers
L_0x7f68852c5848 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdfdc0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c5848;  1 drivers
v0x556a65fdfea0_0 .net *"_ivl_13", 0 0, L_0x556a6600db10;  1 drivers
L_0x7f68852c5890 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fdff40_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c5890;  1 drivers
v0x556a65fe0020_0 .net/s *"_ivl_17", 31 0, L_0x556a6600dc50;  1 drivers
L_0x7f68852c58d8 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe0150_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c58d8;  1 drivers
v0x556a65fe0230_0 .net *"_ivl_21", 0 0, L_0x556a6600dd40;  1 drivers
L_0x7f68852c5920 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe02f0_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c5920;  1 drivers
v0x556a65fe03d0_0 .net *"_ivl_26", 7 0, L_0x556a6600de80;  1 drivers
v0x556a65fe0540_0 .net *"_ivl_27", 7 0, L_0x556a6600df70;  1 drivers
v0x556a65fe0620_0 .net *"_ivl_29", 7 0, L_0x556a6600e100;  1 drivers
v0x556a65fe0700_0 .net/s *"_ivl_3", 19 0, L_0x556a6600d750;  1 drivers
v0x556a65fe07e0_0 .net *"_ivl_7", 13 0, L_0x556a6600d890;  1 drivers
v0x556a65fe08c0_0 .net/s *"_ivl_9", 31 0, L_0x556a6600da70;  1 drivers
v0x556a65fe09a0_0 .net/s "r", 19 0, L_0x556a6600d980;  1 drivers
v0x556a65fe0a80_0 .net/s "v", 19 0, L_0x556a6600d610;  1 drivers
L_0x556a6600d750 .arith/sum 20, L_0x556a6600d610, L_0x7f68852c5800;
L_0x556a6600d890 .part L_0x556a6600d750, 6, 14;
L_0x556a6600d980 .extend/s 20, L_0x556a6600d890;
L_0x556a6600da70 .extend/s 32, L_0x556a6600d610;
L_0x556a6600db10 .cmp/ge.s 32, L_0x7f68852c5848, L_0x556a6600da70;
L_0x556a6600dc50 .extend/s 32, L_0x556a6600d980;
L_0x556a6600dd40 .cmp/gt.s 32, L_0x556a6600dc50, L_0x7f68852c58d8;
L_0x556a6600de80 .part L_0x556a6600d980, 0, 8;
L_0x556a6600df70 .functor MUXZ 8, L_0x556a6600de80, L_0x7f68852c5920, L_0x556a6600dd40, C4<>;
L_0x556a6600e100 .functor MUXZ 8, L_0x556a6600df70, L_0x7f68852c5890, L_0x556a6600db10, C4<>;
S_0x556a65fe0b60 .scope generate, "lane[18]" "lane[18]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fe0d10 .param/l "i" 0 2 3, +C4<010010>;
L_0x7f68852c5968 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe0df0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c5968;  1 drivers
L_0x7f68852c59b0 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe0ed0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c59b0;  1 drivers
v0x556a65fe0fb0_0 .net *"_ivl_13", 0 0, L_0x556a6600e700;  1 drivers
L_0x7f68852c59f8 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe1050_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c59f8;  1 drivers
v0x556a65fe1130_0 .net/s *"_ivl_17", 31 0, L_0x556a6600e870;  1 drivers
L_0x7f68852c5a40 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe1260_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c5a40;  1 drivers
v0x556a65fe1340_0 .net *"_ivl_21", 0 0, L_0x556a6600e990;  1 drivers
L_0x7f68852c5a88 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe1400_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c5a88;  1 drivers
v0x556a65fe14e0_0 .net *"_ivl_26", 7 0, L_0x556a6600eb00;  1 drivers
v0x556a65fe1650_0 .net *"_ivl_27", 7 0, L_0x556a6600ebf0;  1 drivers
v0x556a65fe1730_0 .net *"_ivl_29", 7 0, L_0x556a6600edb0;  1 drivers
v0x556a65fe1810_0 .net/s *"_ivl_3", 19 0, L_0x556a6600e340;  1 drivers
v0x556a65fe18f0_0 .net *"_ivl_7", 13 0, L_0x556a6600e480;  1 drivers
v0x556a65fe19d0_0 .net/s *"_ivl_9", 31 0, L_0x556a6600e660;  1 drivers
v0x556a65fe1ab0_0 .net/s "r", 19 0, L_0x556a6600e570;  1 drivers
v0x556a65fe1b90_0 .net/s "v", 19 0, L_0x556a6600e2a0;  1 drivers
L_0x556a6600e340 .arith/sum 20, L_0x556a6600e2a0, L_0x7f68852c5968;
L_0x556a6600e480 .part L_0x556a6600e340, 6, 14;
L_0x556a6600e570 .extend/s 20, L_0x556a6600e480;
L_0x556a6600e660 .extend/s 32, L_0x556a6600e2a0;
L_0x556a6600e700 .cmp/ge.s 32, L_0x7f68852c59b0, L_0x556a6600e660;
L_0x556a6600e870 .extend/s 32, L_0x556a6600e570;
L_0x556a6600e990 .cmp/gt.s 32, L_0x556a6600e870, L_0x7f68852c5a40;
L_0x556a6600eb00 .part L_0x556a6600e570, 0, 8;
L_0x556a6600ebf0 .functor MUXZ 8, L_0x556a6600eb00, L_0x7f68852c5a88, L_0x556a6600e990, C4<>;
L_0x556a6600edb0 .functor MUXZ 8, L_0x556a6600ebf0, L_0x7f68852c59f8, L_0x556a6600e700, C4<>;
S_0x556a65fe1c70 .scope generate, "lane[19]" "lane[19]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fe1e20 .param/l "i" 0 2 3, +C4<010011>;
L_0x7f68852c5ad0 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe1f00_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c5ad0;  1 drivers
L_0x7f68852c5b18 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe1fe0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c5b18;  1 drivers
v0x556a65fe20c0_0 .net *"_ivl_13", 0 0, L_0x556a6600f3f0;  1 drivers
L_0x7f68852c5b60 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe2160_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c5b60;  1 drivers
v0x556a65fe2240_0 .net/s *"_ivl_17", 31 0, L_0x556a6600f530;  1 drivers
L_0x7f68852c5ba8 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe2370_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c5ba8;  1 drivers
v0x556a65fe2450_0 .net *"_ivl_21", 0 0, L_0x556a6600f620;  1 drivers
L_0x7f68852c5bf0 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe2510_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c5bf0;  1 drivers
v0x556a65fe25f0_0 .net *"_ivl_26", 7 0, L_0x556a6600f760;  1 drivers
v0x556a65fe2760_0 .net *"_ivl_27", 7 0, L_0x556a6600f850;  1 drivers
v0x556a65fe2840_0 .net *"_ivl_29", 7 0, L_0x556a6600f9e0;  1 drivers
v0x556a65fe2920_0 .net/s *"_ivl_3", 19 0, L_0x556a6600d6b0;  1 drivers
v0x556a65fe2a00_0 .net *"_ivl_7", 13 0, L_0x556a6600f140;  1 drivers
v0x556a65fe2ae0_0 .net/s *"_ivl_9", 31 0, L_0x556a6600f320;  1 drivers
v0x556a65fe2bc0_0 .net/s "r", 19 0, L_0x556a6600f230;  1 drivers
v0x556a65fe2ca0_0 .net/s "v", 19 0, L_0x556a6600ef50;  1 drivers
L_0x556a6600d6b0 .arith/sum 20, L_0x556a6600ef50, L_0x7f68852c5ad0;
L_0x556a6600f140 .part L_0x556a6600d6b0, 6, 14;
L_0x556a6600f230 .extend/s 20, L_0x556a6600f140;
L_0x556a6600f320 .extend/s 32, L_0x556a6600ef50;
L_0x556a6600f3f0 .cmp/ge.s 32, L_0x7f68852c5b18, L_0x556a6600f320;
L_0x556a6600f530 .extend/s 32, L_0x556a6600f230;
L_0x556a6600f620 .cmp/gt.s 32, L_0x556a6600f530, L_0x7f68852c5ba8;
L_0x556a6600f760 .part L_0x556a6600f230, 0, 8;
L_0x556a6600f850 .functor MUXZ 8, L_0x556a6600f760, L_0x7f68852c5bf0, L_0x556a6600f620, C4<>;
L_0x556a6600f9e0 .functor MUXZ 8, L_0x556a6600f850, L_0x7f68852c5b60, L_0x556a6600f3f0, C4<>;
S_0x556a65fe2d80 .scope generate, "lane[20]" "lane[20]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fe2f30 .param/l "i" 0 2 3, +C4<010100>;
L_0x7f68852c5c38 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe3010_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c5c38;  1 drivers
L_0x7f68852c5c80 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe30f0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c5c80;  1 drivers
v0x556a65fe31d0_0 .net *"_ivl_13", 0 0, L_0x556a66010010;  1 drivers
L_0x7f68852c5cc8 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe3270_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c5cc8;  1 drivers
v0x556a65fe3350_0 .net/s *"_ivl_17", 31 0, L_0x556a66010150;  1 drivers
L_0x7f68852c5d10 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe3480_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c5d10;  1 drivers
v0x556a65fe3560_0 .net *"_ivl_21", 0 0, L_0x556a66010240;  1 drivers
L_0x7f68852c5d58 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe3620_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c5d58;  1 drivers
v0x556a65fe3700_0 .net *"_ivl_26", 7 0, L_0x556a66010380;  1 drivers
v0x556a65fe3870_0 .net *"_ivl_27", 7 0, L_0x556a66010470;  1 drivers
v0x556a65fe3950_0 .net *"_ivl_29", 7 0, L_0x556a66010600;  1 drivers
v0x556a65fe3a30_0 .net/s *"_ivl_3", 19 0, L_0x556a6600fc20;  1 drivers
v0x556a65fe3b10_0 .net *"_ivl_7", 13 0, L_0x556a6600fd60;  1 drivers
v0x556a65fe3bf0_0 .net/s *"_ivl_9", 31 0, L_0x556a6600ff40;  1 drivers
v0x556a65fe3cd0_0 .net/s "r", 19 0, L_0x556a6600fe50;  1 drivers
v0x556a65fe3db0_0 .net/s "v", 19 0, L_0x556a6600fb80;  1 drivers
L_0x556a6600fc20 .arith/sum 20, L_0x556a6600fb80, L_0x7f68852c5c38;
L_0x556a6600fd60 .part L_0x556a6600fc20, 6, 14;
L_0x556a6600fe50 .extend/s 20, L_0x556a6600fd60;
L_0x556a6600ff40 .extend/s 32, L_0x556a6600fb80;
L_0x556a66010010 .cmp/ge.s 32, L_0x7f68852c5c80, L_0x556a6600ff40;
L_0x556a66010150 .extend/s 32, L_0x556a6600fe50;
L_0x556a66010240 .cmp/gt.s 32, L_0x556a66010150, L_0x7f68852c5d10;
L_0x556a66010380 .part L_0x556a6600fe50, 0, 8;
L_0x556a66010470 .functor MUXZ 8, L_0x556a66010380, L_0x7f68852c5d58, L_0x556a66010240, C4<>;
L_0x556a66010600 .functor MUXZ 8, L_0x556a66010470, L_0x7f68852c5cc8, L_0x556a66010010, C4<>;
S_0x556a65fe3e90 .scope generate, "lane[21]" "lane[21]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fe4040 .param/l "i" 0 2 3, +C4<010101>;
L_0x7f68852c5da0 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe4120_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c5da0;  1 drivers
L_0x7f68852c5de8 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe4200_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c5de8;  1 drivers
v0x556a65fe42e0_0 .net *"_ivl_13", 0 0, L_0x556a66010cf0;  1 drivers
L_0x7f68852c5e30 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe4380_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c5e30;  1 drivers
v0x556a65fe4460_0 .net/s *"_ivl_17", 31 0, L_0x556a66010e30;  1 drivers
L_0x7f68852c5e78 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe4590_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c5e78;  1 drivers
v0x556a65fe4670_0 .net *"_ivl_21", 0 0, L_0x556a66010f20;  1 drivers
L_0x7f68852c5ec0 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe4730_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c5ec0;  1 drivers
v0x556a65fe4810_0 .net *"_ivl_26", 7 0, L_0x556a66011060;  1 drivers
v0x556a65fe4980_0 .net *"_ivl_27", 7 0, L_0x556a66011150;  1 drivers
v0x556a65fe4a60_0 .net *"_ivl_29", 7 0, L_0x556a660112e0;  1 drivers
v0x556a65fe4b40_0 .net/s *"_ivl_3", 19 0, L_0x556a66010900;  1 drivers
v0x556a65fe4c20_0 .net *"_ivl_7", 13 0, L_0x556a66010a40;  1 drivers
v0x556a65fe4d00_0 .net/s *"_ivl_9", 31 0, L_0x556a66010c20;  1 drivers
v0x556a65fe4de0_0 .net/s "r", 19 0, L_0x556a66010b30;  1 drivers
v0x556a65fe4ec0_0 .net/s "v", 19 0, L_0x556a660107a0;  1 drivers
L_0x556a66010900 .arith/sum 20, L_0x556a660107a0, L_0x7f68852c5da0;
L_0x556a66010a40 .part L_0x556a66010900, 6, 14;
L_0x556a66010b30 .extend/s 20, L_0x556a66010a40;
L_0x556a66010c20 .extend/s 32, L_0x556a660107a0;
L_0x556a66010cf0 .cmp/ge.s 32, L_0x7f68852c5de8, L_0x556a66010c20;
L_0x556a66010e30 .extend/s 32, L_0x556a66010b30;
L_0x556a66010f20 .cmp/gt.s 32, L_0x556a66010e30, L_0x7f68852c5e78;
L_0x556a66011060 .part L_0x556a66010b30, 0, 8;
L_0x556a66011150 .functor MUXZ 8, L_0x556a66011060, L_0x7f68852c5ec0, L_0x556a66010f20, C4<>;
L_0x556a660112e0 .functor MUXZ 8, L_0x556a66011150, L_0x7f68852c5e30, L_0x556a66010cf0, C4<>;
S_0x556a65fe4fa0 .scope generate, "lane[22]" "lane[22]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fe5150 .param/l "i" 0 2 3, +C4<010110>;
L_0x7f68852c5f08 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe5230_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c5f08;  1 drivers
L_0x7f68852c5f50 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe5310_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c5f50;  1 drivers
v0x556a65fe53f0_0 .net *"_ivl_13", 0 0, L_0x556a66011910;  1 drivers
L_0x7f68852c5f98 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe5490_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c5f98;  1 drivers
v0x556a65fe5570_0 .net/s *"_ivl_17", 31 0, L_0x556a66011a50;  1 drivers
L_0x7f68852c5fe0 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe56a0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c5fe0;  1 drivers
v0x556a65fe5780_0 .net *"_ivl_21", 0 0, L_0x556a66011b40;  1 drivers
L_0x7f68852c6028 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe5840_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c6028;  1 drivers
v0x556a65fe5920_0 .net *"_ivl_26", 7 0, L_0x556a66011c80;  1 drivers
v0x556a65fe5a90_0 .net *"_ivl_27", 7 0, L_0x556a66011d70;  1 drivers
v0x556a65fe5b70_0 .net *"_ivl_29", 7 0, L_0x556a66011f00;  1 drivers
v0x556a65fe5c50_0 .net/s *"_ivl_3", 19 0, L_0x556a66011520;  1 drivers
v0x556a65fe5d30_0 .net *"_ivl_7", 13 0, L_0x556a66011660;  1 drivers
v0x556a65fe5e10_0 .net/s *"_ivl_9", 31 0, L_0x556a66011840;  1 drivers
v0x556a65fe5ef0_0 .net/s "r", 19 0, L_0x556a66011750;  1 drivers
v0x556a65fe5fd0_0 .net/s "v", 19 0, L_0x556a66011480;  1 drivers
L_0x556a66011520 .arith/sum 20, L_0x556a66011480, L_0x7f68852c5f08;
L_0x556a66011660 .part L_0x556a66011520, 6, 14;
L_0x556a66011750 .extend/s 20, L_0x556a66011660;
L_0x556a66011840 .extend/s 32, L_0x556a66011480;
L_0x556a66011910 .cmp/ge.s 32, L_0x7f68852c5f50, L_0x556a66011840;
L_0x556a66011a50 .extend/s 32, L_0x556a66011750;
L_0x556a66011b40 .cmp/gt.s 32, L_0x556a66011a50, L_0x7f68852c5fe0;
L_0x556a66011c80 .part L_0x556a66011750, 0, 8;
L_0x556a66011d70 .functor MUXZ 8, L_0x556a66011c80, L_0x7f68852c6028, L_0x556a66011b40, C4<>;
L_0x556a66011f00 .functor MUXZ 8, L_0x556a66011d70, L_0x7f68852c5f98, L_0x556a66011910, C4<>;
S_0x556a65fe60b0 .scope generate, "lane[23]" "lane[23]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fe6260 .param/l "i" 0 2 3, +C4<010111>;
L_0x7f68852c6070 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe6340_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c6070;  1 drivers
L_0x7f68852c60b8 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe6420_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c60b8;  1 drivers
v0x556a65fe6500_0 .net *"_ivl_13", 0 0, L_0x556a66012600;  1 drivers
L_0x7f68852c6100 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe65a0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c6100;  1 drivers
v0x556a65fe6680_0 .net/s *"_ivl_17", 31 0, L_0x556a66012740;  1 drivers
L_0x7f68852c6148 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe67b0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c6148;  1 drivers
v0x556a65fe6890_0 .net *"_ivl_21", 0 0, L_0x556a66012830;  1 drivers
L_0x7f68852c6190 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe6950_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c6190;  1 drivers
v0x556a65fe6a30_0 .net *"_ivl_26", 7 0, L_0x556a66012970;  1 drivers
v0x556a65fe6ba0_0 .net *"_ivl_27", 7 0, L_0x556a66012a60;  1 drivers
v0x556a65fe6c80_0 .net *"_ivl_29", 7 0, L_0x556a66012bf0;  1 drivers
v0x556a65fe6d60_0 .net/s *"_ivl_3", 19 0, L_0x556a66012210;  1 drivers
v0x556a65fe6e40_0 .net *"_ivl_7", 13 0, L_0x556a66012350;  1 drivers
v0x556a65fe6f20_0 .net/s *"_ivl_9", 31 0, L_0x556a66012530;  1 drivers
v0x556a65fe7000_0 .net/s "r", 19 0, L_0x556a66012440;  1 drivers
v0x556a65fe70e0_0 .net/s "v", 19 0, L_0x556a660120a0;  1 drivers
L_0x556a66012210 .arith/sum 20, L_0x556a660120a0, L_0x7f68852c6070;
L_0x556a66012350 .part L_0x556a66012210, 6, 14;
L_0x556a66012440 .extend/s 20, L_0x556a66012350;
L_0x556a66012530 .extend/s 32, L_0x556a660120a0;
L_0x556a66012600 .cmp/ge.s 32, L_0x7f68852c60b8, L_0x556a66012530;
L_0x556a66012740 .extend/s 32, L_0x556a66012440;
L_0x556a66012830 .cmp/gt.s 32, L_0x556a66012740, L_0x7f68852c6148;
L_0x556a66012970 .part L_0x556a66012440, 0, 8;
L_0x556a66012a60 .functor MUXZ 8, L_0x556a66012970, L_0x7f68852c6190, L_0x556a66012830, C4<>;
L_0x556a66012bf0 .functor MUXZ 8, L_0x556a66012a60, L_0x7f68852c6100, L_0x556a66012600, C4<>;
S_0x556a65fe71c0 .scope generate, "lane[24]" "lane[24]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fe7370 .param/l "i" 0 2 3, +C4<011000>;
L_0x7f68852c61d8 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe7450_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c61d8;  1 drivers
L_0x7f68852c6220 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe7530_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c6220;  1 drivers
v0x556a65fe7610_0 .net *"_ivl_13", 0 0, L_0x556a66013220;  1 drivers
L_0x7f68852c6268 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe76b0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c6268;  1 drivers
v0x556a65fe7790_0 .net/s *"_ivl_17", 31 0, L_0x556a66013360;  1 drivers
L_0x7f68852c62b0 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe78c0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c62b0;  1 drivers
v0x556a65fe79a0_0 .net *"_ivl_21", 0 0, L_0x556a66013450;  1 drivers
L_0x7f68852c62f8 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe7a60_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c62f8;  1 drivers
v0x556a65fe7b40_0 .net *"_ivl_26", 7 0, L_0x556a66013590;  1 drivers
v0x556a65fe7cb0_0 .net *"_ivl_27", 7 0, L_0x556a66013680;  1 drivers
v0x556a65fe7d90_0 .net *"_ivl_29", 7 0, L_0x556a66013810;  1 drivers
v0x556a65fe7e70_0 .net/s *"_ivl_3", 19 0, L_0x556a66012e30;  1 drivers
v0x556a65fe7f50_0 .net *"_ivl_7", 13 0, L_0x556a66012f70;  1 drivers
v0x556a65fe8030_0 .net/s *"_ivl_9", 31 0, L_0x556a66013150;  1 drivers
v0x556a65fe8110_0 .net/s "r", 19 0, L_0x556a66013060;  1 drivers
v0x556a65fe81f0_0 .net/s "v", 19 0, L_0x556a66012d90;  1 drivers
L_0x556a66012e30 .arith/sum 20, L_0x556a66012d90, L_0x7f68852c61d8;
L_0x556a66012f70 .part L_0x556a66012e30, 6, 14;
L_0x556a66013060 .extend/s 20, L_0x556a66012f70;
L_0x556a66013150 .extend/s 32, L_0x556a66012d90;
L_0x556a66013220 .cmp/ge.s 32, L_0x7f68852c6220, L_0x556a66013150;
L_0x556a66013360 .extend/s 32, L_0x556a66013060;
L_0x556a66013450 .cmp/gt.s 32, L_0x556a66013360, L_0x7f68852c62b0;
L_0x556a66013590 .part L_0x556a66013060, 0, 8;
L_0x556a66013680 .functor MUXZ 8, L_0x556a66013590, L_0x7f68852c62f8, L_0x556a66013450, C4<>;
L_0x556a66013810 .functor MUXZ 8, L_0x556a66013680, L_0x7f68852c6268, L_0x556a66013220, C4<>;
S_0x556a65fe82d0 .scope generate, "lane[25]" "lane[25]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fe8480 .param/l "i" 0 2 3, +C4<011001>;
L_0x7f68852c6340 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe8560_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c6340;  1 drivers
L_0x7f68852c6388 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe8640_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c6388;  1 drivers
v0x556a65fe8720_0 .net *"_ivl_13", 0 0, L_0x556a66013f20;  1 drivers
L_0x7f68852c63d0 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe87c0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c63d0;  1 drivers
v0x556a65fe88a0_0 .net/s *"_ivl_17", 31 0, L_0x556a66014060;  1 drivers
L_0x7f68852c6418 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe89d0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c6418;  1 drivers
v0x556a65fe8ab0_0 .net *"_ivl_21", 0 0, L_0x556a66014960;  1 drivers
L_0x7f68852c6460 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe8b70_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c6460;  1 drivers
v0x556a65fe8c50_0 .net *"_ivl_26", 7 0, L_0x556a66014aa0;  1 drivers
v0x556a65fe8dc0_0 .net *"_ivl_27", 7 0, L_0x556a66014b90;  1 drivers
v0x556a65fe8ea0_0 .net *"_ivl_29", 7 0, L_0x556a66014d20;  1 drivers
v0x556a65fe8f80_0 .net/s *"_ivl_3", 19 0, L_0x556a66013b30;  1 drivers
v0x556a65fe9060_0 .net *"_ivl_7", 13 0, L_0x556a66013c70;  1 drivers
v0x556a65fe9140_0 .net/s *"_ivl_9", 31 0, L_0x556a66013e50;  1 drivers
v0x556a65fe9220_0 .net/s "r", 19 0, L_0x556a66013d60;  1 drivers
v0x556a65fe9300_0 .net/s "v", 19 0, L_0x556a660139b0;  1 drivers
L_0x556a66013b30 .arith/sum 20, L_0x556a660139b0, L_0x7f68852c6340;
L_0x556a66013c70 .part L_0x556a66013b30, 6, 14;
L_0x556a66013d60 .extend/s 20, L_0x556a66013c70;
L_0x556a66013e50 .extend/s 32, L_0x556a660139b0;
L_0x556a66013f20 .cmp/ge.s 32, L_0x7f68852c6388, L_0x556a66013e50;
L_0x556a66014060 .extend/s 32, L_0x556a66013d60;
L_0x556a66014960 .cmp/gt.s 32, L_0x556a66014060, L_0x7f68852c6418;
L_0x556a66014aa0 .part L_0x556a66013d60, 0, 8;
L_0x556a66014b90 .functor MUXZ 8, L_0x556a66014aa0, L_0x7f68852c6460, L_0x556a66014960, C4<>;
L_0x556a66014d20 .functor MUXZ 8, L_0x556a66014b90, L_0x7f68852c63d0, L_0x556a66013f20, C4<>;
S_0x556a65fe93e0 .scope generate, "lane[26]" "lane[26]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fe9590 .param/l "i" 0 2 3, +C4<011010>;
L_0x7f68852c64a8 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe9670_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c64a8;  1 drivers
L_0x7f68852c64f0 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe9750_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c64f0;  1 drivers
v0x556a65fe9830_0 .net *"_ivl_13", 0 0, L_0x556a66015320;  1 drivers
L_0x7f68852c6538 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fe98d0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c6538;  1 drivers
v0x556a65fe99b0_0 .net/s *"_ivl_17", 31 0, L_0x556a66015460;  1 drivers
L_0x7f68852c6580 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe9ae0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c6580;  1 drivers
v0x556a65fe9bc0_0 .net *"_ivl_21", 0 0, L_0x556a66015550;  1 drivers
L_0x7f68852c65c8 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fe9c80_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c65c8;  1 drivers
v0x556a65fe9d60_0 .net *"_ivl_26", 7 0, L_0x556a66015690;  1 drivers
v0x556a65fe9ed0_0 .net *"_ivl_27", 7 0, L_0x556a66015780;  1 drivers
v0x556a65fe9fb0_0 .net *"_ivl_29", 7 0, L_0x556a66015910;  1 drivers
v0x556a65fea090_0 .net/s *"_ivl_3", 19 0, L_0x556a66014f60;  1 drivers
v0x556a65fea170_0 .net *"_ivl_7", 13 0, L_0x556a660150a0;  1 drivers
v0x556a65fea250_0 .net/s *"_ivl_9", 31 0, L_0x556a66015280;  1 drivers
v0x556a65fea330_0 .net/s "r", 19 0, L_0x556a66015190;  1 drivers
v0x556a65fea410_0 .net/s "v", 19 0, L_0x556a66014ec0;  1 drivers
L_0x556a66014f60 .arith/sum 20, L_0x556a66014ec0, L_0x7f68852c64a8;
L_0x556a660150a0 .part L_0x556a66014f60, 6, 14;
L_0x556a66015190 .extend/s 20, L_0x556a660150a0;
L_0x556a66015280 .extend/s 32, L_0x556a66014ec0;
L_0x556a66015320 .cmp/ge.s 32, L_0x7f68852c64f0, L_0x556a66015280;
L_0x556a66015460 .extend/s 32, L_0x556a66015190;
L_0x556a66015550 .cmp/gt.s 32, L_0x556a66015460, L_0x7f68852c6580;
L_0x556a66015690 .part L_0x556a66015190, 0, 8;
L_0x556a66015780 .functor MUXZ 8, L_0x556a66015690, L_0x7f68852c65c8, L_0x556a66015550, C4<>;
L_0x556a66015910 .functor MUXZ 8, L_0x556a66015780, L_0x7f68852c6538, L_0x556a66015320, C4<>;
S_0x556a65fea4f0 .scope generate, "lane[27]" "lane[27]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fea6a0 .param/l "i" 0 2 3, +C4<011011>;
L_0x7f68852c6610 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fea780_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c6610;  1 drivers
L_0x7f68852c6658 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fea860_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c6658;  1 drivers
v0x556a65fea940_0 .net *"_ivl_13", 0 0, L_0x556a66016000;  1 drivers
L_0x7f68852c66a0 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fea9e0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c66a0;  1 drivers
v0x556a65feaac0_0 .net/s *"_ivl_17", 31 0, L_0x556a66016140;  1 drivers
L_0x7f68852c66e8 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65feabf0_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c66e8;  1 drivers
v0x556a65feacd0_0 .net *"_ivl_21", 0 0, L_0x556a66016230;  1 drivers
L_0x7f68852c6730 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fead90_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c6730;  1 drivers
v0x556a65feae70_0 .net *"_ivl_26", 7 0, L_0x556a66016370;  1 drivers
v0x556a65feafe0_0 .net *"_ivl_27", 7 0, L_0x556a66016460;  1 drivers
v0x556a65feb0c0_0 .net *"_ivl_29", 7 0, L_0x556a660165f0;  1 drivers
v0x556a65feb1a0_0 .net/s *"_ivl_3", 19 0, L_0x556a66015c40;  1 drivers
v0x556a65feb280_0 .net *"_ivl_7", 13 0, L_0x556a66015d80;  1 drivers
v0x556a65feb360_0 .net/s *"_ivl_9", 31 0, L_0x556a66015f60;  1 drivers
v0x556a65feb440_0 .net/s "r", 19 0, L_0x556a66015e70;  1 drivers
v0x556a65feb520_0 .net/s "v", 19 0, L_0x556a66015ab0;  1 drivers
L_0x556a66015c40 .arith/sum 20, L_0x556a66015ab0, L_0x7f68852c6610;
L_0x556a66015d80 .part L_0x556a66015c40, 6, 14;
L_0x556a66015e70 .extend/s 20, L_0x556a66015d80;
L_0x556a66015f60 .extend/s 32, L_0x556a66015ab0;
L_0x556a66016000 .cmp/ge.s 32, L_0x7f68852c6658, L_0x556a66015f60;
L_0x556a66016140 .extend/s 32, L_0x556a66015e70;
L_0x556a66016230 .cmp/gt.s 32, L_0x556a66016140, L_0x7f68852c66e8;
L_0x556a66016370 .part L_0x556a66015e70, 0, 8;
L_0x556a66016460 .functor MUXZ 8, L_0x556a66016370, L_0x7f68852c6730, L_0x556a66016230, C4<>;
L_0x556a660165f0 .functor MUXZ 8, L_0x556a66016460, L_0x7f68852c66a0, L_0x556a66016000, C4<>;
S_0x556a65feb600 .scope generate, "lane[28]" "lane[28]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65feb7b0 .param/l "i" 0 2 3, +C4<011100>;
L_0x7f68852c6778 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65feb890_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c6778;  1 drivers
L_0x7f68852c67c0 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65feb970_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c67c0;  1 drivers
v0x556a65feba50_0 .net *"_ivl_13", 0 0, L_0x556a66016bf0;  1 drivers
L_0x7f68852c6808 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65febaf0_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c6808;  1 drivers
v0x556a65febbd0_0 .net/s *"_ivl_17", 31 0, L_0x556a66016d30;  1 drivers
L_0x7f68852c6850 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65febd00_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c6850;  1 drivers
v0x556a65febde0_0 .net *"_ivl_21", 0 0, L_0x556a66016e20;  1 drivers
L_0x7f68852c6898 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65febea0_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c6898;  1 drivers
v0x556a65febf80_0 .net *"_ivl_26", 7 0, L_0x556a66016f60;  1 drivers
v0x556a65fec0f0_0 .net *"_ivl_27", 7 0, L_0x556a66017050;  1 drivers
v0x556a65fec1d0_0 .net *"_ivl_29", 7 0, L_0x556a660171e0;  1 drivers
v0x556a65fec2b0_0 .net/s *"_ivl_3", 19 0, L_0x556a66016830;  1 drivers
v0x556a65fec390_0 .net *"_ivl_7", 13 0, L_0x556a66016970;  1 drivers
v0x556a65fec470_0 .net/s *"_ivl_9", 31 0, L_0x556a66016b50;  1 drivers
v0x556a65fec550_0 .net/s "r", 19 0, L_0x556a66016a60;  1 drivers
v0x556a65fec630_0 .net/s "v", 19 0, L_0x556a66016790;  1 drivers
L_0x556a66016830 .arith/sum 20, L_0x556a66016790, L_0x7f68852c6778;
L_0x556a66016970 .part L_0x556a66016830, 6, 14;
L_0x556a66016a60 .extend/s 20, L_0x556a66016970;
L_0x556a66016b50 .extend/s 32, L_0x556a66016790;
L_0x556a66016bf0 .cmp/ge.s 32, L_0x7f68852c67c0, L_0x556a66016b50;
L_0x556a66016d30 .extend/s 32, L_0x556a66016a60;
L_0x556a66016e20 .cmp/gt.s 32, L_0x556a66016d30, L_0x7f68852c6850;
L_0x556a66016f60 .part L_0x556a66016a60, 0, 8;
L_0x556a66017050 .functor MUXZ 8, L_0x556a66016f60, L_0x7f68852c6898, L_0x556a66016e20, C4<>;
L_0x556a660171e0 .functor MUXZ 8, L_0x556a66017050, L_0x7f68852c6808, L_0x556a66016bf0, C4<>;
S_0x556a65fec710 .scope generate, "lane[29]" "lane[29]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fec8c0 .param/l "i" 0 2 3, +C4<011101>;
L_0x7f68852c68e0 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fec9a0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c68e0;  1 drivers
L_0x7f68852c6928 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65feca80_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c6928;  1 drivers
v0x556a65fecb60_0 .net *"_ivl_13", 0 0, L_0x556a660178e0;  1 drivers
L_0x7f68852c6970 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fecc00_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c6970;  1 drivers
v0x556a65fecce0_0 .net/s *"_ivl_17", 31 0, L_0x556a66017a20;  1 drivers
L_0x7f68852c69b8 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fece10_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c69b8;  1 drivers
v0x556a65fecef0_0 .net *"_ivl_21", 0 0, L_0x556a66017b10;  1 drivers
L_0x7f68852c6a00 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fecfb0_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c6a00;  1 drivers
v0x556a65fed090_0 .net *"_ivl_26", 7 0, L_0x556a66017c50;  1 drivers
v0x556a65fed200_0 .net *"_ivl_27", 7 0, L_0x556a66017d40;  1 drivers
v0x556a65fed2e0_0 .net *"_ivl_29", 7 0, L_0x556a66017ed0;  1 drivers
v0x556a65fed3c0_0 .net/s *"_ivl_3", 19 0, L_0x556a66017520;  1 drivers
v0x556a65fed4a0_0 .net *"_ivl_7", 13 0, L_0x556a66017660;  1 drivers
v0x556a65fed580_0 .net/s *"_ivl_9", 31 0, L_0x556a66017840;  1 drivers
v0x556a65fed660_0 .net/s "r", 19 0, L_0x556a66017750;  1 drivers
v0x556a65fed740_0 .net/s "v", 19 0, L_0x556a66017380;  1 drivers
L_0x556a66017520 .arith/sum 20, L_0x556a66017380, L_0x7f68852c68e0;
L_0x556a66017660 .part L_0x556a66017520, 6, 14;
L_0x556a66017750 .extend/s 20, L_0x556a66017660;
L_0x556a66017840 .extend/s 32, L_0x556a66017380;
L_0x556a660178e0 .cmp/ge.s 32, L_0x7f68852c6928, L_0x556a66017840;
L_0x556a66017a20 .extend/s 32, L_0x556a66017750;
L_0x556a66017b10 .cmp/gt.s 32, L_0x556a66017a20, L_0x7f68852c69b8;
L_0x556a66017c50 .part L_0x556a66017750, 0, 8;
L_0x556a66017d40 .functor MUXZ 8, L_0x556a66017c50, L_0x7f68852c6a00, L_0x556a66017b10, C4<>;
L_0x556a66017ed0 .functor MUXZ 8, L_0x556a66017d40, L_0x7f68852c6970, L_0x556a660178e0, C4<>;
S_0x556a65fed820 .scope generate, "lane[30]" "lane[30]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65fed9d0 .param/l "i" 0 2 3, +C4<011110>;
L_0x7f68852c6a48 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65fedab0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c6a48;  1 drivers
L_0x7f68852c6a90 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fedb90_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c6a90;  1 drivers
v0x556a65fedc70_0 .net *"_ivl_13", 0 0, L_0x556a660184d0;  1 drivers
L_0x7f68852c6ad8 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65fedd10_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c6ad8;  1 drivers
v0x556a65feddf0_0 .net/s *"_ivl_17", 31 0, L_0x556a66018610;  1 drivers
L_0x7f68852c6b20 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fedf20_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c6b20;  1 drivers
v0x556a65fee000_0 .net *"_ivl_21", 0 0, L_0x556a66018700;  1 drivers
L_0x7f68852c6b68 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fee0c0_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c6b68;  1 drivers
v0x556a65fee1a0_0 .net *"_ivl_26", 7 0, L_0x556a66018840;  1 drivers
v0x556a65fee310_0 .net *"_ivl_27", 7 0, L_0x556a66018960;  1 drivers
v0x556a65fee3f0_0 .net *"_ivl_29", 7 0, L_0x556a66018b20;  1 drivers
v0x556a65fee4d0_0 .net/s *"_ivl_3", 19 0, L_0x556a66018110;  1 drivers
v0x556a65fee5b0_0 .net *"_ivl_7", 13 0, L_0x556a66018250;  1 drivers
v0x556a65fee690_0 .net/s *"_ivl_9", 31 0, L_0x556a66018430;  1 drivers
v0x556a65fee770_0 .net/s "r", 19 0, L_0x556a66018340;  1 drivers
v0x556a65fee850_0 .net/s "v", 19 0, L_0x556a66018070;  1 drivers
L_0x556a66018110 .arith/sum 20, L_0x556a66018070, L_0x7f68852c6a48;
L_0x556a66018250 .part L_0x556a66018110, 6, 14;
L_0x556a66018340 .extend/s 20, L_0x556a66018250;
L_0x556a66018430 .extend/s 32, L_0x556a66018070;
L_0x556a660184d0 .cmp/ge.s 32, L_0x7f68852c6a90, L_0x556a66018430;
L_0x556a66018610 .extend/s 32, L_0x556a66018340;
L_0x556a66018700 .cmp/gt.s 32, L_0x556a66018610, L_0x7f68852c6b20;
L_0x556a66018840 .part L_0x556a66018340, 0, 8;
L_0x556a66018960 .functor MUXZ 8, L_0x556a66018840, L_0x7f68852c6b68, L_0x556a66018700, C4<>;
L_0x556a66018b20 .functor MUXZ 8, L_0x556a66018960, L_0x7f68852c6ad8, L_0x556a660184d0, C4<>;
S_0x556a65fee930 .scope generate, "lane[31]" "lane[31]" 2 3, 2 3 0, S_0x556a65f91160;
 .timescale 0 0;
P_0x556a65feeae0 .param/l "i" 0 2 3, +C4<011111>;
L_0x7f68852c6bb0 .functor BUFT 1, C4<00000000000000100000>, C4<0>, C4<0>, C4<0>;
v0x556a65feebc0_0 .net/2s *"_ivl_1", 19 0, L_0x7f68852c6bb0;  1 drivers
L_0x7f68852c6bf8 .functor BUFT 1, C4<00000000000000000000000000000000>, C4<0>, C4<0>, C4<0>;
v0x556a65feeca0_0 .net/2s *"_ivl_11", 31 0, L_0x7f68852c6bf8;  1 drivers
v0x556a65feed80_0 .net *"_ivl_13", 0 0, L_0x556a66019cb0;  1 drivers
L_0x7f68852c6c40 .functor BUFT 1, C4<00000000>, C4<0>, C4<0>, C4<0>;
v0x556a65feee20_0 .net/2u *"_ivl_15", 7 0, L_0x7f68852c6c40;  1 drivers
v0x556a65feef00_0 .net/s *"_ivl_17", 31 0, L_0x556a66019df0;  1 drivers
L_0x7f68852c6c88 .functor BUFT 1, C4<00000000000000000000000011111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fef030_0 .net/2s *"_ivl_19", 31 0, L_0x7f68852c6c88;  1 drivers
v0x556a65fef110_0 .net *"_ivl_21", 0 0, L_0x556a66019ee0;  1 drivers
L_0x7f68852c6cd0 .functor BUFT 1, C4<11111111>, C4<0>, C4<0>, C4<0>;
v0x556a65fef1d0_0 .net/2u *"_ivl_23", 7 0, L_0x7f68852c6cd0;  1 drivers
v0x556a65fef2b0_0 .net *"_ivl_26", 7 0, L_0x556a6601a020;  1 drivers
v0x556a65fef420_0 .net *"_ivl_27", 7 0, L_0x556a6601a110;  1 drivers
v0x556a65fef500_0 .net *"_ivl_29", 7 0, L_0x556a6601a2a0;  1 drivers
v0x556a65fef5e0_0 .net/s *"_ivl_3", 19 0, L_0x556a66018e70;  1 drivers
v0x556a65fef6c0_0 .net *"_ivl_7", 13 0, L_0x556a66018fe0;  1 drivers
v0x556a65fef7a0_0 .net/s *"_ivl_9", 31 0, L_0x556a66019c10;  1 drivers
v0x556a65fef880_0 .net/s "r", 19 0, L_0x556a660190d0;  1 drivers
v0x556a65fef960_0 .net/s "v", 19 0, L_0x556a66018cc0;  1 drivers
L_0x556a66018e70 .arith/sum 20, L_0x556a66018cc0, L_0x7f68852c6bb0;
L_0x556a66018fe0 .part L_0x556a66018e70, 6, 14;
L_0x556a660190d0 .extend/s 20, L_0x556a66018fe0;
L_0x556a66019c10 .extend/s 32, L_0x556a66018cc0;
L_0x556a66019cb0 .cmp/ge.s 32, L_0x7f68852c6bf8, L_0x556a66019c10;
L_0x556a66019df0 .extend/s 32, L_0x556a660190d0;
L_0x556a66019ee0 .cmp/gt.s 32, L_0x556a66019df0, L_0x7f68852c6c88;
L_0x556a6601a020 .part L_0x556a660190d0, 0, 8;
L_0x556a6601a110 .functor MUXZ 8, L_0x556a6601a020, L_0x7f68852c6cd0, L_0x556a66019ee0, C4<>;
L_0x556a6601a2a0 .functor MUXZ 8, L_0x556a6601a110, L_0x7f68852c6c40, L_0x556a66019cb0, C4<>;
# The file index is used to find the file name in the following table.
:file_names 3;
    "N/A";
    "<interactive>";
    "relu1.v";
