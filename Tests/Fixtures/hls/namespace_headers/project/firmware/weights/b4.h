//Numpy array shape [3]
//Min -0.245469063520
//Max 0.219495683908
//Number of zeros 0

#ifndef B4_H_
#define B4_H_

namespace mine {

d1_bias_t b4[3] = {0.0962544903, -0.2454690635, 0.2194956839};

}


#endif
