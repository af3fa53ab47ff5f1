//Numpy array shape [5]
//Min -0.333606243134
//Max 0.635351598263
//Number of zeros 0

#ifndef B2_H_
#define B2_H_

namespace mine {

d0_bias_t b2[5] = {0.6353515983, -0.3336062431, -0.1132815033, 0.6128314734, 0.1940108985};

}


#endif
