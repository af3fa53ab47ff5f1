#ifndef NNET_INSTR_GEN_H_
#define NNET_INSTR_GEN_H_

#include "nnet_conv1d_latency.h"
#include "nnet_helpers.h"

#include "hls_stream.h"
#include "nnet_common.h"
#include "nnet_function_stubs.h"
#include "nnet_mult.h"

namespace nnet {

template <class data_T, class res_T, typename CONFIG_T> class PointwiseConv1D {
  public:
    static void pointwise_conv(data_T data[CONFIG_T::in_width * CONFIG_T::n_chan],
                               res_T res[CONFIG_T::out_width * CONFIG_T::n_filt],
                               typename CONFIG_T::weight_t weights[CONFIG_T::n_chan * CONFIG_T::n_filt],
                               typename CONFIG_T::bias_t biases[CONFIG_T::n_filt]) {
        // To be implemented in subclasses
    }
};

// hls4ml insert code
template <typename inp_t, typename out_t>
void dense_da_2(inp_t model_inp[8], out_t model_out[2]) { // ap_fixed<8,4> -> ap_fixed<40,6>
    #pragma HLS INLINE

    ap_fixed<8,4> v0 = model_inp[0]; // 0.0
    ap_fixed<8,4> v1 = model_inp[1]; // 0.0
    ap_fixed<8,4> v2 = model_inp[2]; // 0.0
    ap_fixed<8,4> v3 = model_inp[3]; // 0.0
    ap_fixed<8,4> v4 = model_inp[4]; // 0.0
    ap_fixed<8,4> v5 = model_inp[5]; // 0.0
    ap_fixed<8,4> v6 = model_inp[6]; // 0.0
    ap_fixed<8,4> v7 = model_inp[7]; // 0.0
    ap_fixed<11,7> v8 = v2 - bit_shift<2>(v4); // 1.0
    ap_fixed<17,13> v9 = v7 + bit_shift<8>(v4); // 1.0
    ap_fixed<12,5> v10 = v1 + bit_shift<-3>(v7); // 1.0
    ap_fixed<16,5> v11 = v6 - bit_shift<-7>(v6); // 1.0
    ap_fixed<13,5> v12 = v0 + bit_shift<-4>(v5); // 1.0
    ap_fixed<14,5> v13 = v3 - bit_shift<-5>(v5); // 1.0
    ap_fixed<13,5> v14 = v4 - bit_shift<-4>(v4); // 1.0
    ap_fixed<12,8> v15 = v1 - bit_shift<3>(v7); // 1.0
    ap_fixed<17,13> v16 = v5 + bit_shift<8>(v6); // 1.0
    ap_fixed<30,5> v17 = v0 + bit_shift<-21>(v6); // 1.0
    ap_fixed<17,5> v18 = v0 - bit_shift<-8>(v2); // 1.0
    ap_fixed<11,7> v19 = v1 + bit_shift<2>(v2); // 1.0
    ap_fixed<11,7> v20 = v2 + bit_shift<2>(v1); // 1.0
    ap_fixed<22,5> v21 = v5 + bit_shift<-13>(v5); // 1.0
    ap_fixed<15,5> v22 = v3 + bit_shift<-6>(v3); // 1.0
    ap_fixed<27,23> v23 = v2 - bit_shift<18>(v7); // 1.0
    ap_fixed<10,5> v24 = v0 + bit_shift<-1>(v4); // 1.0
    ap_fixed<21,5> v25 = v3 + bit_shift<-12>(v7); // 1.0
    ap_fixed<28,24> v26 = v5 + bit_shift<19>(v3); // 1.0
    ap_fixed<12,8> v27 = v4 + bit_shift<3>(v2); // 1.0
    ap_fixed<26,22> v28 = v0 - bit_shift<15>(v8); // 2.0
    ap_fixed<25,21> v29 = v9 + bit_shift<16>(v10); // 2.0
    ap_fixed<17,6> v30 = v11 + bit_shift<1>(v12); // 2.0
    ap_fixed<17,5> v31 = v13 + bit_shift<-4>(v14); // 2.0
    ap_fixed<18,9> v32 = v13 - bit_shift<1>(v15); // 2.0
    ap_fixed<33,13> v33 = v16 + bit_shift<5>(v17); // 2.0
    ap_fixed<19,5> v34 = v13 - bit_shift<-10>(v15); // 2.0
    ap_fixed<21,5> v35 = v18 - bit_shift<-4>(v18); // 2.0
    ap_fixed<17,9> v36 = v3 - bit_shift<4>(v18); // 2.0
    ap_fixed<22,11> v37 = v11 + bit_shift<4>(v19); // 2.0
    ap_fixed<25,7> v38 = v20 + bit_shift<-1>(v21); // 2.0
    ap_fixed<11,6> v39 = v6 + bit_shift<-1>(v8); // 2.0
    ap_fixed<32,5> v40 = v22 + bit_shift<-23>(v23); // 2.0
    ap_fixed<15,5> v41 = v14 - bit_shift<-3>(v10); // 2.0
    ap_fixed<15,6> v42 = v13 - v14; // 2.0
    ap_fixed<25,20> v43 = v24 + bit_shift<15>(v18); // 2.0
    ap_fixed<19,8> v44 = v11 + bit_shift<3>(v10); // 2.0
    ap_fixed<24,13> v45 = v16 + bit_shift<5>(v25); // 2.0
    ap_fixed<13,5> v46 = v1 + bit_shift<-4>(v15); // 2.0
    ap_fixed<31,25> v47 = v26 + bit_shift<19>(v17); // 2.0
    ap_fixed<13,9> v48 = v27 + bit_shift<4>(v12); // 2.0
    ap_fixed<28,24> v49 = v28 + bit_shift<3>(v29); // 3.0
    ap_fixed<27,23> v50 = v28 + bit_shift<16>(v30); // 3.0
    ap_fixed<18,6> v51 = v31 + bit_shift<-3>(v32); // 3.0
    ap_fixed<20,6> v52 = v5 + v34; // 3.0
    ap_fixed<22,18> v53 = v0 + bit_shift<13>(v35); // 3.0
    ap_fixed<17,11> v54 = v1 + bit_shift<2>(v36); // 3.0
    ap_fixed<36,11> v55 = v37 - bit_shift<-16>(v32); // 3.0
    ap_fixed<25,7> v56 = v38 + bit_shift<-3>(v39); // 3.0
    ap_fixed<28,24> v57 = v28 + bit_shift<15>(v32); // 3.0
    ap_fixed<32,5> v58 = v40 + bit_shift<-5>(v41); // 3.0
    ap_fixed<16,6> v59 = v2 + bit_shift<-1>(v42); // 3.0
    ap_fixed<27,22> v60 = v43 + bit_shift<14>(v44); // 3.0
    ap_fixed<20,7> v61 = v39 + bit_shift<-2>(v44); // 3.0
    ap_fixed<25,5> v62 = v41 + bit_shift<-9>(v45); // 3.0
    ap_fixed<27,16> v63 = v46 - bit_shift<-7>(v23); // 3.0
    ap_fixed<32,26> v64 = v47 + bit_shift<17>(v36); // 3.0
    ap_fixed<30,9> v65 = v48 - bit_shift<-10>(v30); // 3.0
    ap_fixed<34,30> v66 = v49 + bit_shift<7>(v50); // 4.0
    ap_fixed<33,20> v67 = v51 - bit_shift<7>(v33); // 4.0
    ap_fixed<23,9> v68 = v52 + bit_shift<-9>(v53); // 4.0
    ap_fixed<17,12> v69 = v4 + bit_shift<1>(v54); // 4.0
    ap_fixed<38,11> v70 = v55 - bit_shift<-9>(v56); // 4.0
    ap_fixed<33,25> v71 = v57 + bit_shift<19>(v58); // 4.0
    ap_fixed<27,11> v72 = v59 + bit_shift<-11>(v60); // 4.0
    ap_fixed<30,7> v73 = v61 + bit_shift<-3>(v62); // 4.0
    ap_fixed<23,19> v74 = v53 + bit_shift<13>(v59); // 4.0
    ap_fixed<33,18> v75 = v63 + bit_shift<-9>(v64); // 4.0
    ap_fixed<34,28> v76 = v54 - bit_shift<23>(v46); // 4.0
    ap_fixed<31,7> v77 = v52 + bit_shift<-3>(v65); // 4.0
    ap_fixed<35,31> v78 = v66 + bit_shift<10>(v67); // 5.0
    ap_fixed<27,13> v79 = v68 + bit_shift<1>(v69); // 5.0
    ap_fixed<39,12> v80 = v70 - bit_shift<-14>(v71); // 5.0
    ap_fixed<27,20> v81 = v69 + bit_shift<9>(v72); // 5.0
    ap_fixed<33,24> v82 = v74 + bit_shift<6>(v75); // 5.0
    ap_fixed<36,30> v83 = v76 + bit_shift<22>(v77); // 5.0
    ap_fixed<39,19> v84 = v79 + bit_shift<7>(v80); // 6.0
    ap_fixed<33,26> v85 = v81 - bit_shift<19>(v73); // 6.0
    ap_fixed<36,27> v86 = v82 + bit_shift<-3>(v83); // 6.0
    ap_fixed<40,32> v87 = v78 + bit_shift<12>(v84); // 7.0
    ap_fixed<40,32> v88 = v87 + ap_ufixed<23,20>(799711.625); // 7.0
    ap_fixed<36,29> v89 = v85 + bit_shift<2>(v86); // 7.0
    ap_fixed<36,29> v90 = v89 - ap_ufixed<21,20>(735991.5); // 7.0

    model_out[0] = ap_fixed<40,6>(bit_shift<-26>(v88));
    model_out[1] = ap_fixed<36,6>(bit_shift<-23>(v90));
}


template <typename inp_t, typename out_t, typename DUMMY> struct dense_da_wrapper_2 {
static void dense(inp_t inp[8], out_t out[2], void *weights=nullptr, void *biases=nullptr) {
    dense_da_2(inp, out);
}
};template <typename inp_t, typename out_t>
void dense_da_5(inp_t model_inp[18], out_t model_out[2]) { // ap_fixed<8,4> -> ap_fixed<41,8>
    #pragma HLS INLINE

    ap_fixed<8,4> v0 = model_inp[0]; // 0.0
    ap_fixed<8,4> v1 = model_inp[1]; // 0.0
    ap_fixed<8,4> v2 = model_inp[2]; // 0.0
    ap_fixed<8,4> v3 = model_inp[3]; // 0.0
    ap_fixed<8,4> v4 = model_inp[4]; // 0.0
    ap_fixed<8,4> v5 = model_inp[5]; // 0.0
    ap_fixed<8,4> v6 = model_inp[6]; // 0.0
    ap_fixed<8,4> v7 = model_inp[7]; // 0.0
    ap_fixed<8,4> v8 = model_inp[8]; // 0.0
    ap_fixed<8,4> v9 = model_inp[9]; // 0.0
    ap_fixed<8,4> v10 = model_inp[10]; // 0.0
    ap_fixed<8,4> v11 = model_inp[11]; // 0.0
    ap_fixed<8,4> v12 = model_inp[12]; // 0.0
    ap_fixed<8,4> v13 = model_inp[13]; // 0.0
    ap_fixed<8,4> v14 = model_inp[14]; // 0.0
    ap_fixed<8,4> v15 = model_inp[15]; // 0.0
    ap_fixed<8,4> v16 = model_inp[16]; // 0.0
    ap_fixed<8,4> v17 = model_inp[17]; // 0.0
    ap_fixed<9,5> v18 = v7 + v16; // 1.0
    ap_fixed<12,5> v19 = v3 + bit_shift<-3>(v4); // 1.0
    ap_fixed<10,6> v20 = v13 + bit_shift<1>(v15); // 1.0
    ap_fixed<14,5> v21 = v0 - bit_shift<-5>(v11); // 1.0
    ap_fixed<16,5> v22 = v2 - bit_shift<-7>(v10); // 1.0
    ap_fixed<9,5> v23 = v1 - v4; // 1.0
    ap_fixed<16,12> v24 = v0 + bit_shift<7>(v3); // 1.0
    ap_fixed<12,5> v25 = v5 + bit_shift<-3>(v7); // 1.0
    ap_fixed<10,6> v26 = v9 - bit_shift<1>(v16); // 1.0
    ap_fixed<11,5> v27 = v6 + bit_shift<-2>(v17); // 1.0
    ap_fixed<10,5> v28 = v2 - bit_shift<-1>(v14); // 1.0
    ap_fixed<14,10> v29 = v5 + bit_shift<5>(v16); // 1.0
    ap_fixed<10,6> v30 = v8 - bit_shift<1>(v9); // 1.0
    ap_fixed<11,5> v31 = v11 + bit_shift<-2>(v15); // 1.0
    ap_fixed<11,5> v32 = v12 - bit_shift<-2>(v12); // 1.0
    ap_fixed<12,5> v33 = v5 + bit_shift<-3>(v8); // 1.0
    ap_fixed<11,7> v34 = v9 + bit_shift<2>(v16); // 1.0
    ap_fixed<13,9> v35 = v8 + bit_shift<4>(v11); // 1.0
    ap_fixed<12,8> v36 = v1 - bit_shift<3>(v4); // 1.0
    ap_fixed<12,5> v37 = v7 - bit_shift<-3>(v15); // 1.0
    ap_fixed<10,6> v38 = v0 + bit_shift<1>(v10); // 1.0
    ap_fixed<15,5> v39 = v8 - bit_shift<-6>(v13); // 1.0
    ap_fixed<15,5> v40 = v5 - bit_shift<-6>(v14); // 1.0
    ap_fixed<10,5> v41 = v3 + bit_shift<-1>(v12); // 1.0
    ap_fixed<19,5> v42 = v3 + bit_shift<-10>(v15); // 1.0
    ap_fixed<12,5> v43 = v16 + bit_shift<-3>(v12); // 1.0
    ap_fixed<14,5> v44 = v8 + bit_shift<-5>(v13); // 1.0
    ap_fixed<13,9> v45 = v8 + bit_shift<4>(v10); // 1.0
    ap_fixed<21,17> v46 = v11 - bit_shift<12>(v17); // 1.0
    ap_fixed<10,6> v47 = v6 + bit_shift<1>(v15); // 1.0
    ap_fixed<14,5> v48 = v12 + bit_shift<-5>(v10); // 1.0
    ap_fixed<11,7> v49 = v10 + bit_shift<2>(v4); // 1.0
    ap_fixed<9,5> v50 = v16 + v0; // 1.0
    ap_fixed<11,5> v51 = v2 + bit_shift<-2>(v5); // 1.0
    ap_fixed<18,14> v52 = v6 + bit_shift<9>(v3); // 1.0
    ap_fixed<15,5> v53 = v6 + bit_shift<-6>(v11); // 1.0
    ap_fixed<23,19> v54 = v18 + bit_shift<14>(v19); // 2.0
    ap_fixed<17,13> v55 = v20 + bit_shift<8>(v21); // 2.0
    ap_fixed<24,13> v56 = v22 + bit_shift<7>(v23); // 2.0
    ap_fixed<17,5> v57 = v9 + bit_shift<-8>(v24); // 2.0
    ap_fixed<26,19> v58 = v25 - bit_shift<14>(v21); // 2.0
    ap_fixed<15,11> v59 = v14 - bit_shift<6>(v27); // 2.0
    ap_fixed<20,16> v60 = v29 + bit_shift<10>(v30); // 2.0
    ap_fixed<12,5> v61 = v31 + bit_shift<-1>(v32); // 2.0
    ap_fixed<13,6> v62 = v33 + bit_shift<-1>(v34); // 2.0
    ap_fixed<17,13> v63 = v35 + bit_shift<8>(v32); // 2.0
    ap_fixed<14,8> v64 = v36 - bit_shift<1>(v37); // 2.0
    ap_fixed<15,8> v65 = v38 + bit_shift<3>(v39); // 2.0
    ap_fixed<17,6> v66 = v30 + bit_shift<-1>(v40); // 2.0
    ap_fixed<16,8> v67 = v10 + bit_shift<3>(v22); // 2.0
    ap_fixed<14,5> v68 = v41 + bit_shift<-3>(v31); // 2.0
    ap_fixed<14,5> v69 = v1 + bit_shift<-3>(v27); // 2.0
    ap_fixed<23,16> v70 = v37 - bit_shift<11>(v39); // 2.0
    ap_fixed<21,5> v71 = v42 + bit_shift<-9>(v25); // 2.0
    ap_fixed<23,5> v72 = v42 + bit_shift<-11>(v43); // 2.0
    ap_fixed<18,6> v73 = v23 + bit_shift<-2>(v39); // 2.0
    ap_fixed<14,5> v74 = v25 + bit_shift<-2>(v25); // 2.0
    ap_fixed<16,5> v75 = v31 + bit_shift<-2>(v44); // 2.0
    ap_fixed<15,5> v76 = v6 + bit_shift<-4>(v32); // 2.0
    ap_fixed<14,8> v77 = v36 - bit_shift<-2>(v36); // 2.0
    ap_fixed<11,5> v78 = v7 + bit_shift<-1>(v28); // 2.0
    ap_fixed<33,29> v79 = v13 - bit_shift<12>(v46); // 2.0
    ap_fixed<33,27> v80 = v27 - bit_shift<22>(v11); // 2.0
    ap_fixed<19,9> v81 = v45 - bit_shift<-6>(v20); // 2.0
    ap_fixed<17,6> v82 = v47 + bit_shift<-1>(v40); // 2.0
    ap_fixed<18,9> v83 = v48 + bit_shift<-3>(v24); // 2.0
    ap_fixed<17,8> v84 = v36 + bit_shift<-5>(v49); // 2.0
    ap_fixed<21,6> v85 = v26 - bit_shift<-11>(v29); // 2.0
    ap_fixed<15,11> v86 = v1 + bit_shift<6>(v28); // 2.0
    ap_fixed<17,13> v87 = v12 + bit_shift<8>(v41); // 2.0
    ap_fixed<23,17> v88 = v46 + bit_shift<-2>(v46); // 2.0
    ap_fixed<17,5> v89 = v28 + bit_shift<-8>(v24); // 2.0
    ap_fixed<18,9> v90 = v45 - bit_shift<-5>(v45); // 2.0
    ap_fixed<15,8> v91 = v36 + bit_shift<-3>(v45); // 2.0
    ap_fixed<12,7> v92 = v28 + bit_shift<1>(v50); // 2.0
    ap_fixed<15,9> v93 = v51 + bit_shift<4>(v32); // 2.0
    ap_fixed<22,13> v94 = v21 + bit_shift<-1>(v52); // 2.0
    ap_fixed<15,5> v95 = v53 + bit_shift<-3>(v34); // 2.0
    ap_fixed<25,21> v96 = v54 + bit_shift<8>(v55); // 3.0
    ap_fixed<25,6> v97 = v2 + bit_shift<-8>(v56); // 3.0
    ap_fixed<26,7> v98 = v57 + bit_shift<-12>(v58); // 3.0
    ap_fixed<18,14> v99 = v26 + bit_shift<3>(v59); // 3.0
    ap_fixed<22,17> v100 = v28 + bit_shift<1>(v60); // 3.0
    ap_fixed<17,5> v101 = v61 + bit_shift<-5>(v62); // 3.0
    ap_fixed<21,17> v102 = v63 + bit_shift<9>(v64); // 3.0
    ap_fixed<18,11> v103 = v65 + bit_shift<5>(v66); // 3.0
    ap_fixed<33,8> v104 = v67 - bit_shift<-16>(v68); // 3.0
    ap_fixed<16,5> v105 = v0 - bit_shift<-2>(v69); // 3.0
    ap_fixed<26,14> v106 = v57 - bit_shift<-2>(v70); // 3.0
    ap_fixed<25,5> v107 = v71 + bit_shift<-2>(v72); // 3.0
    ap_fixed<25,8> v108 = v67 + bit_shift<-5>(v73); // 3.0
    ap_fixed<18,6> v109 = v74 + bit_shift<-1>(v75); // 3.0
    ap_fixed<17,11> v110 = v59 - bit_shift<4>(v76); // 3.0
    ap_fixed<19,12> v111 = v24 + bit_shift<-1>(v77); // 3.0
    ap_fixed<20,16> v112 = v17 + bit_shift<11>(v78); // 3.0
    ap_fixed<33,20> v113 = v13 - bit_shift<-9>(v79); // 3.0
    ap_fixed<33,16> v114 = v55 + bit_shift<-11>(v80); // 3.0
    ap_fixed<22,12> v115 = v81 + bit_shift<6>(v82); // 3.0
    ap_fixed<37,5> v116 = v78 - bit_shift<-23>(v83); // 3.0
    ap_fixed<17,8> v117 = v84 + bit_shift<-3>(v64); // 3.0
    ap_fixed<21,6> v118 = v85 - bit_shift<-11>(v86); // 3.0
    ap_fixed<19,13> v119 = v87 + bit_shift<-2>(v87); // 3.0
    ap_fixed<24,18> v120 = v88 + bit_shift<11>(v89); // 3.0
    ap_fixed<19,7> v121 = v26 - bit_shift<-3>(v90); // 3.0
    ap_fixed<20,5> v122 = v76 + bit_shift<-5>(v81); // 3.0
    ap_fixed<16,9> v123 = v91 + bit_shift<2>(v74); // 3.0
    ap_fixed<16,11> v124 = v92 + bit_shift<2>(v93); // 3.0
    ap_fixed<22,13> v125 = v94 + bit_shift<-4>(v86); // 3.0
    ap_fixed<35,6> v126 = v95 + bit_shift<-25>(v79); // 3.0
    ap_fixed<29,25> v127 = v96 + bit_shift<19>(v97); // 4.0
    ap_fixed<27,5> v128 = v15 + bit_shift<-3>(v98); // 4.0
    ap_fixed<18,9> v129 = v2 + bit_shift<-5>(v99); // 4.0
    ap_fixed<22,18> v130 = v5 - bit_shift<1>(v100); // 4.0
    ap_fixed<24,20> v131 = v102 + bit_shift<8>(v103); // 4.0
    ap_fixed<33,8> v132 = v104 - bit_shift<-14>(v105); // 4.0
    ap_fixed<28,7> v133 = v20 - bit_shift<-9>(v106); // 4.0
    ap_fixed<34,5> v134 = v107 + bit_shift<-12>(v108); // 4.0
    ap_fixed<26,6> v135 = v97 + bit_shift<-8>(v109); // 4.0
    ap_fixed<17,9> v136 = v6 - bit_shift<-2>(v110); // 4.0
    ap_fixed<19,8> v137 = v14 + bit_shift<-4>(v111); // 4.0
    ap_fixed<31,27> v138 = v45 + bit_shift<11>(v112); // 4.0
    ap_fixed<33,8> v139 = v7 + bit_shift<-12>(v113); // 4.0
    ap_fixed<34,17> v140 = v114 + bit_shift<4>(v115); // 4.0
    ap_fixed<37,5> v141 = v116 - bit_shift<-19>(v117); // 4.0
    ap_fixed<23,5> v142 = v4 - bit_shift<-3>(v118); // 4.0
    ap_fixed<24,14> v143 = v119 + bit_shift<-6>(v112); // 4.0
    ap_fixed<24,18> v144 = v120 + bit_shift<7>(v121); // 4.0
    ap_fixed<26,11> v145 = v122 + bit_shift<2>(v123); // 4.0
    ap_fixed<23,18> v146 = v124 + bit_shift<5>(v125); // 4.0
    ap_fixed<23,11> v147 = v121 + bit_shift<6>(v105); // 4.0
    ap_fixed<35,6> v148 = v126 + bit_shift<-2>(v105); // 4.0
    ap_fixed<34,30> v149 = v127 + bit_shift<25>(v128); // 5.0
    ap_fixed<33,29> v150 = v130 - bit_shift<24>(v101); // 5.0
    ap_fixed<34,20> v151 = v131 + bit_shift<11>(v132); // 5.0
    ap_fixed<34,11> v152 = v133 + bit_shift<6>(v134); // 5.0
    ap_fixed<26,6> v153 = v135 + bit_shift<-6>(v129); // 5.0
    ap_fixed<19,5> v154 = v0 - bit_shift<-6>(v136); // 5.0
    ap_fixed<23,8> v155 = v137 + bit_shift<-4>(v137); // 5.0
    ap_fixed<31,8> v156 = v11 - bit_shift<-19>(v138); // 5.0
    ap_fixed<33,15> v157 = v6 + bit_shift<7>(v139); // 5.0
    ap_fixed<38,19> v158 = v140 + bit_shift<13>(v141); // 5.0
    ap_fixed<30,5> v159 = v128 + bit_shift<-7>(v142); // 5.0
    ap_fixed<24,19> v160 = v130 + bit_shift<5>(v143); // 5.0
    ap_fixed<26,5> v161 = v142 + bit_shift<-15>(v144); // 5.0
    ap_fixed<28,13> v162 = v145 + bit_shift<6>(v133); // 5.0
    ap_fixed<24,19> v163 = v146 + bit_shift<7>(v147); // 5.0
    ap_fixed<35,31> v164 = v149 - bit_shift<21>(v129); // 6.0
    ap_fixed<35,31> v165 = v150 + bit_shift<10>(v151); // 6.0
    ap_fixed<36,11> v166 = v152 + bit_shift<-5>(v153); // 6.0
    ap_fixed<23,6> v167 = v154 + bit_shift<-2>(v155); // 6.0
    ap_fixed<32,9> v168 = v156 + bit_shift<1>(v154); // 6.0
    ap_fixed<34,5> v169 = v1 + bit_shift<-11>(v157); // 6.0
    ap_fixed<38,19> v170 = v158 - bit_shift<7>(v159); // 6.0
    ap_fixed<30,20> v171 = v160 + bit_shift<11>(v161); // 6.0
    ap_fixed<32,15> v172 = v162 + bit_shift<6>(v156); // 6.0
    ap_fixed<35,30> v173 = v163 - bit_shift<24>(v148); // 6.0
    ap_fixed<37,33> v174 = v164 + bit_shift<1>(v165); // 7.0
    ap_fixed<37,11> v175 = v166 + bit_shift<-9>(v167); // 7.0
    ap_fixed<37,9> v176 = v168 + bit_shift<1>(v169); // 7.0
    ap_fixed<39,20> v177 = v170 - bit_shift<-1>(v171); // 7.0
    ap_fixed<35,16> v178 = v172 + bit_shift<-14>(v173); // 7.0
    ap_fixed<39,33> v179 = v174 - bit_shift<20>(v175); // 8.0
    ap_fixed<38,17> v180 = v178 - bit_shift<8>(v169); // 8.0
    ap_fixed<40,33> v181 = v179 - bit_shift<21>(v176); // 9.0
    ap_fixed<39,20> v182 = v177 + bit_shift<2>(v180); // 9.0
    ap_fixed<39,20> v183 = v182 - ap_ufixed<24,12>(2634.024658203125); // 9.0
    ap_fixed<41,34> v184 = v181 - bit_shift<12>(v182); // 10.0
    ap_fixed<41,34> v185 = v184 + ap_ufixed<24,25>(17699842.0); // 10.0

    model_out[0] = ap_fixed<41,8>(bit_shift<-26>(v185));
    model_out[1] = ap_fixed<39,7>(bit_shift<-13>(v183));
}


template <typename inp_t, typename out_t, typename DUMMY> struct dense_da_wrapper_5 {
static void dense(inp_t inp[18], out_t out[2], void *weights=nullptr, void *biases=nullptr) {
    dense_da_5(inp, out);
}
};
} // namespace nnet

#endif
