"""Writes small projects by one released version of hls4ml and records its C simulation.

usage: PYTHONPATH=<site of one hls4ml version> python generate_versions.py VERSION OUT [KIND...]
       needs: hls4ml VERSION (0.6.0 to 1.1.0), tensorflow-cpu 2.14, QKeras 0.9, numpy < 2, g++

One folder a layer kind and io type: project/ (firmware without nnet_utils), input.npy, output.npy,
trace.npz. Values are C simulation's, read through the double interface where there is one.
"""
import os, re, shutil, sys, subprocess
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'; os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'
import numpy as np, tensorflow as tf, hls4ml
from tensorflow.keras import layers as L, Model, Input, Sequential
VERSION, OUT = sys.argv[1], sys.argv[2]
rng = np.random.default_rng(7); tf.random.set_seed(7)
V = tuple(int(x) for x in VERSION.split('.'))

def one(shape, *ls):
    x = i = Input(shape)
    for l in ls: x = l(x)
    return Model(i, x)
def two(shape, merge):
    a = Input(shape, name='a'); b = Input(shape, name='b')
    return Model([a, b], merge([a, b]))
def q():
    from qkeras import QDense, QActivation, quantized_bits, quantized_relu
    return one((6,), QDense(5, kernel_quantizer=quantized_bits(4, 0, alpha=1), bias_quantizer=quantized_bits(4, 0, alpha=1), name='q1'),
               QActivation(quantized_relu(4, 1), name='q2'), QDense(3, kernel_quantizer=quantized_bits(4, 0, alpha='auto'), bias_quantizer=quantized_bits(4, 0, alpha=1), name='q3'),
               L.Activation('softmax', name='q4'))
def qb(kq, act='binary_tanh', last=None):
    from qkeras import QDense, QActivation
    return one((6,), QDense(5, kernel_quantizer=kq, use_bias=True, name='q1'), L.BatchNormalization(name='q2'), QActivation(act, name='q3'), QDense(3, kernel_quantizer=last or kq, name='q4'))
def qc(kq, shape=(5, 5, 2)):
    from qkeras import QConv2D, QConv1D, QActivation
    c = QConv2D if len(shape) == 3 else QConv1D
    return one(shape, c(3, 2, kernel_quantizer=kq, bias_quantizer='quantized_bits(4, 0, alpha=1)', name='q1'), QActivation('quantized_relu(5, 1)', name='q2'))
K = {
 'dense': lambda: (one((6,), L.Dense(5, name='d1'), L.ReLU(name='r1'), L.Dense(3, name='d2')), {}),
 'dense_resource': lambda: (one((6,), L.Dense(8, name='d1')), {'Strategy': 'Resource', 'ReuseFactor': 4}),
 'batchnorm': lambda: (one((6,), L.ReLU(name='r0'), L.BatchNormalization(name='bn')), {}),
 'softmax_stable': lambda: (one((6,), L.Dense(5, name='d1'), L.Softmax(name='s')), {}),
 'softmax_latency': lambda: (one((6,), L.Dense(5, name='d1'), L.Softmax(name='s')), {'softmax': 'latency'}),
 'softmax_legacy': lambda: (one((6,), L.Dense(5, name='d1'), L.Softmax(name='s')), {'softmax': 'legacy'}),
 'softmax_argmax': lambda: (one((6,), L.Dense(5, name='d1'), L.Softmax(name='s')), {'softmax': 'argmax'}),
 'qkeras': lambda: (q(), {}),
 'qkeras_binary': lambda: (qb('binary(alpha=1)'), {}),
 'qkeras_ternary': lambda: (qb('ternary(alpha=1)'), {}),
 'qkeras_po2': lambda: (qb('quantized_po2(4, 2)'), {}),
 'qkeras_po2_resource': lambda: (qb('quantized_po2(4, 2)'), {'Strategy': 'Resource', 'ReuseFactor': 5}),
 'qkeras_binary_resource': lambda: (qb('binary(alpha=1)'), {'Strategy': 'Resource', 'ReuseFactor': 5}),
 'qkeras_ternary_tanh': lambda: (qb('ternary(alpha=1)', 'ternary_tanh'), {}),
 'qkeras_bits_binary': lambda: (qb('quantized_bits(4, 0, alpha=1)', 'binary(alpha=1)', 'binary(alpha=1)'), {}),
 'qkeras_bits_ternary': lambda: (qb('quantized_bits(4, 0, alpha=1)', 'ternary(alpha=1)', 'ternary(alpha=1)'), {}),
 'qkeras_bits_after_binary': lambda: (qb('quantized_bits(4, 0, alpha=1)', 'binary_tanh', 'quantized_bits(4, 0, alpha=1)'), {}),
 'qkeras_conv2d_binary': lambda: (qc('binary(alpha=1)'), {}),
 'qkeras_conv2d_ternary': lambda: (qc('ternary(alpha=1)'), {}),
 'qkeras_conv2d_po2': lambda: (qc('quantized_po2(4, 2)'), {}),
 'qkeras_conv1d_po2': lambda: (qc('quantized_po2(4, 2)', (6, 2)), {}),
 'leaky_relu': lambda: (one((6,), L.LeakyReLU(0.3, name='l')), {}),
 'prelu': lambda: (one((6,), L.PReLU(alpha_initializer='random_uniform', name='l')), {}),
 'thresholded_relu': lambda: (one((6,), L.ThresholdedReLU(0.7, name='l')), {}),
 'conv1d': lambda: (one((8, 2), L.Conv1D(3, 3, name='c'), L.ReLU(name='r')), {}),
 'conv1d_same_resource': lambda: (one((8, 2), L.Conv1D(4, 3, padding='same', name='c')), {'Strategy': 'Resource', 'ReuseFactor': 2}),
 'conv2d': lambda: (one((5, 5, 2), L.Conv2D(3, 3, strides=2, padding='same', name='c'), L.BatchNormalization(name='b'), L.ReLU(name='r')), {}),
 'conv2d_resource': lambda: (one((5, 5, 2), L.Conv2D(4, 2, name='c')), {'Strategy': 'Resource', 'ReuseFactor': 2}),
 'depthwise2d': lambda: (one((5, 5, 2), L.DepthwiseConv2D(3, name='c')), {}),
 'separable1d': lambda: (one((8, 2), L.SeparableConv1D(3, 3, name='c')), {}),
 'separable2d': lambda: (one((5, 5, 2), L.SeparableConv2D(3, 3, name='c')), {}),
 'maxpool1d': lambda: (one((8, 2), L.MaxPooling1D(2, name='p')), {}),
 'avgpool1d': lambda: (one((9, 2), L.AveragePooling1D(3, name='p')), {}),
 'avgpool1d_same': lambda: (one((8, 2), L.AveragePooling1D(3, padding='same', name='p')), {}),
 'maxpool2d': lambda: (one((6, 6, 2), L.MaxPooling2D(2, name='p')), {}),
 'avgpool2d': lambda: (one((6, 6, 2), L.AveragePooling2D(3, name='p')), {}),
 'avgpool2d_same': lambda: (one((5, 5, 2), L.AveragePooling2D(2, padding='same', name='p')), {}),
 'global_avg1d': lambda: (one((7, 2), L.GlobalAveragePooling1D(name='p')), {}),
 'global_avg2d': lambda: (one((3, 3, 2), L.GlobalAveragePooling2D(name='p')), {}),
 'global_max2d': lambda: (one((3, 3, 2), L.GlobalMaxPooling2D(name='p')), {}),
 'padding1d': lambda: (one((4, 2), L.ZeroPadding1D((1, 2), name='z')), {}),
 'padding2d': lambda: (one((3, 3, 2), L.ZeroPadding2D(((1, 2), (0, 1)), name='z')), {}),
 'upsampling2d': lambda: (one((3, 3, 2), L.UpSampling2D((2, 3), name='u')), {}),
 'permute': lambda: (one((3, 4), L.Permute((2, 1), name='t')), {}),
 'concatenate': lambda: (two((5,), L.Concatenate(name='m')), {}),
 'dot': lambda: (two((5,), L.Dot(1, name='m')), {}),
 'lstm': lambda: (one((4, 3), L.LSTM(3, name='l')), {}),
 'lstm_sequence': lambda: (one((4, 3), L.LSTM(3, return_sequences=True, name='l')), {}),
 'lstm_resource': lambda: (one((4, 3), L.LSTM(4, name='l')), {'Strategy': 'Resource', 'ReuseFactor': 3}),
 'lstm_relu': lambda: (one((4, 3), L.LSTM(3, activation='relu', return_sequences=True, name='l')), {}),
 'gru_sequence': lambda: (one((4, 3), L.GRU(3, return_sequences=True, name='l')), {}),
 'gru_resource': lambda: (one((4, 3), L.GRU(4, name='l')), {'Strategy': 'Resource', 'ReuseFactor': 3}),
 'separable1d_same': lambda: (one((8, 2), L.SeparableConv1D(3, 3, padding='same', name='c')), {}),
 'separable2d_resource': lambda: (one((5, 5, 4), L.SeparableConv2D(4, 3, name='c')), {'Strategy': 'Resource', 'ReuseFactor': 4}),
 'depthwise1d': lambda: (one((8, 2), L.DepthwiseConv1D(3, name='c')), {}),
 'gru': lambda: (one((4, 3), L.GRU(3, name='l')), {}),
 'embedding': lambda: (one((4,), L.Embedding(6, 3, name='e')), {}),
 'flatten': lambda: (one((3, 2), L.Flatten(name='f'), L.Dense(2, name='d')), {}),
}
for a in ('relu', 'tanh', 'sigmoid', 'softplus', 'softsign', 'elu', 'selu', 'hard_sigmoid'):
    K[a] = lambda a=a: (one((6,), L.Activation(a, name='act')), {})
for m in ('Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum'):
    K[m.lower()] = lambda m=m: (two((5,), getattr(L, m)(name='m')), {})

def build(kind, io):
    model, options = K[kind]()
    for l in model.layers:
        if isinstance(l, L.BatchNormalization):
            w = l.get_weights(); l.set_weights([rng.uniform(.5, 1.5, w[0].shape), rng.normal(0, .5, w[1].shape), rng.normal(0, .5, w[2].shape), rng.uniform(.5, 2, w[3].shape)])
    folder = f'{OUT}/{VERSION}_{kind}_{io}'
    shutil.rmtree(folder, ignore_errors=True)
    config = hls4ml.utils.config_from_keras_model(model, granularity='name')
    for k in ('Strategy', 'ReuseFactor'):
        if k in options:
            config['Model'][k] = options[k]
            for n in config['LayerName']: config['LayerName'][n][k] = options[k]
    for n, c in config['LayerName'].items():
        c['Trace'] = True
        if 'softmax' in options and n.startswith('s'): c['Implementation'] = options['softmax']
        if not 'softmax' in options and kind == 'softmax_stable' and n.startswith('s'): c['Implementation'] = 'stable'
    kw = dict(hls_config=config, output_dir=folder + '/work', io_type='io_' + io)
    kw['part' if V >= (0, 6) else 'fpga_part'] = 'xcku115-flvb2104-2-i'
    if V >= (0, 6): kw['backend'] = 'Vivado'
    h = hls4ml.converters.convert_from_keras_model(model, **kw)
    n = 12
    xs = []
    for i in model.inputs:
        s = (n,) + tuple(i.shape[1:])
        x = rng.integers(0, 6, s) if kind == 'embedding' else np.round(rng.normal(0, 2, s) * 1024) / 1024
        if kind != 'embedding': x[0] = 0
        xs.append(np.ascontiguousarray(x, dtype=np.float64))
    arg = xs if len(xs) > 1 else xs[0]
    y, trace = h.trace(arg)
    os.makedirs(folder + '/project/firmware')
    src = folder + '/work/firmware'
    for f in os.listdir(src):
        if f != 'nnet_utils' and f != 'ap_types' and not f.endswith('.so'):
            (shutil.copytree if os.path.isdir(f'{src}/{f}') else shutil.copy)(f'{src}/{f}', f'{folder}/project/firmware/{f}')
    w = folder + '/project/firmware/weights'
    for f in os.listdir(w) if os.path.isdir(w) else []:
        if f.endswith('.h') and os.path.exists(f'{w}/{f[:-2]}.txt'): os.remove(f'{w}/{f}')
    g = f'{src}/nnet_utils/nnet_code_gen.h'
    if os.path.exists(g) and 'fill_buffer' in open(g).read():
        os.makedirs(folder + '/project/firmware/nnet_utils'); shutil.copy(g, folder + '/project/firmware/nnet_utils/')
    yml = open(folder + '/work/hls4ml_config.yml').read()
    yml = '\n'.join(l for l in yml.split('\n') if not re.search(r'(Dir|Model|Stamp|Data):', l) or l.startswith(' '))
    yml = re.sub(r'(?m)^KerasModel[\s\S]*?(?=^\w)', '', yml)
    open(folder + '/project/hls4ml_config.yml', 'w').write(yml)
    for k, x in enumerate(xs): np.save(folder + ('/input.npy' if len(xs) == 1 else f'/input{k}.npy'), x)
    np.save(folder + '/output.npy', np.asarray(y).reshape(n, *model.output_shape[1:]) if np.asarray(y).size == n * np.prod(model.output_shape[1:]) else y)
    np.savez(folder + '/trace.npz', **trace)
    shutil.rmtree(folder + '/work')
    if os.path.exists(folder + '/work.tar.gz'): os.remove(folder + '/work.tar.gz')

for kind in (sys.argv[3:] or K):
    for io in ('parallel', 'stream'):
        sys.stdout.flush()
        p = os.fork()
        if p == 0:
            try: build(kind, io); print('made', VERSION, kind, io, flush=True)
            except BaseException as e: print('FAILED', VERSION, kind, io, type(e).__name__, str(e)[:150].replace('\n', ' ')); shutil.rmtree(f'{OUT}/{VERSION}_{kind}_{io}', ignore_errors=True)
            sys.stdout.flush(); os._exit(0)
        os.waitpid(p, 0)
