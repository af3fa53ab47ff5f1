extension TransformerFamilies {
  /// Decoders that differ from LLaMA in their norms, biases or in how their halves are joined.
  static let gated: [Row] = [
    Row(
      "stablelm",
      text: """
        default vocab_size 50304, hidden_size 2560, intermediate_size 6912, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads 32, use_qkv_bias false
        default qk_layernorm false, use_parallel_residual false, tie_word_embeddings false
        default partial_rotary_factor 0.25
        use decoder
        use sizes
        let dim: h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: use_qkv_bias
        let o_bias: false
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          parallel: use_parallel_residual
          use attention
          when: qk_layernorm
            repeat self_attn.q_layernorm.norms.*: head < heads
              parameter weight: dim
            repeat self_attn.k_layernorm.norms.*: head < kv
              parameter weight: dim
          use gated
          norm input_layernorm: h, bias true
          when: not use_parallel_residual
            norm post_attention_layernorm: h, bias true
        norm model.norm: h, bias true
        use head
        """),
    Row(
      "starcoder2",
      text: """
        default vocab_size 49152, hidden_size 3072, intermediate_size 12288, num_hidden_layers 30
        default num_attention_heads 24, num_key_value_heads 2, sliding_window null, use_bias true
        default tie_word_embeddings true
        default hidden_act 'gelu_pytorch_tanh'
        use decoder
        use sizes
        let dim: h // heads
        let qkv_bias: use_bias
        let o_bias: use_bias
        let w: sliding_window
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          linear mlp.c_fc: h -> intermediate_size, bias use_bias
          linear mlp.c_proj: intermediate_size -> h, bias use_bias
          norm input_layernorm: h, bias true
          norm post_attention_layernorm: h, bias true
        norm model.norm: h, bias true
        use head
        """),
    Row(
      "cohere",
      text: """
        default vocab_size 256000, hidden_size 8192, intermediate_size 22528, num_hidden_layers 40
        default num_attention_heads 64, num_key_value_heads null, attention_bias false
        default use_qk_norm false, tie_word_embeddings true
        default rotary_pairs true
        use decoder
        use sizes
        let dim: h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          parallel: true
          use attention
          when: use_qk_norm
            parameter self_attn.q_norm.weight: heads, dim
            parameter self_attn.k_norm.weight: kv, dim
          use gated
          norm input_layernorm: h, centred true
        norm model.norm: h, centred true
        use head
        """),
    Row(
      "cohere2",
      text: """
        default vocab_size 256000, hidden_size 8192, intermediate_size 22528, num_hidden_layers 40
        default num_attention_heads 64, num_key_value_heads null, attention_bias false
        default head_dim null, sliding_window 4096, sliding_window_pattern 4, layer_types null
        default tie_word_embeddings true
        alias sliding_window_pattern _sliding_window_pattern
        default rotary_pairs true
        use decoder
        use sizes
        let dim: h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          let local: if(has(layer_types), at(layer_types, layer) == 'sliding_attention', (layer + 1) % sliding_window_pattern != 0)
          let w: if(local, sliding_window, null)
          let rotates: local
          parallel: true
          use attention
          use gated
          norm input_layernorm: h, centred true
        norm model.norm: h, centred true
        use head
        """),
    Row(
      "olmo",
      text: """
        default vocab_size 50304, hidden_size 4096, intermediate_size 11008, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads null, attention_bias false
        default tie_word_embeddings false
        use decoder
        use sizes
        let dim: h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          use gated
        use head
        """),
    Row(
      "olmo2",
      text: """
        default vocab_size 50304, hidden_size 4096, intermediate_size 11008, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads null, attention_bias false
        default head_dim null, tie_word_embeddings false
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          norm self_attn.q_norm: heads * dim
          norm self_attn.k_norm: kv * dim
          use gated
          norm post_attention_layernorm: h
          norm post_feedforward_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "granite",
      text: """
        default vocab_size 32000, hidden_size 4096, intermediate_size 11008, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads null, head_dim null
        default attention_bias false, mlp_bias false, tie_word_embeddings false
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "smollm3",
      text: """
        default vocab_size 128256, hidden_size 2048, intermediate_size 11008, num_hidden_layers 36
        default num_attention_heads 16, num_key_value_heads 4, head_dim null
        default use_sliding_window false, sliding_window null, layer_types null, max_window_layers 0
        default attention_bias false, mlp_bias false, tie_word_embeddings true
        default no_rope_layers null, no_rope_layer_interval 4
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use layer_window
          let rotates: if(has(no_rope_layers), at(no_rope_layers, layer) == 1, (layer + 1) % no_rope_layer_interval != 0)
          use attention
          use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "glm", "glm4",
      text: """
        default vocab_size 151552, hidden_size 4096, intermediate_size 13696, num_hidden_layers 40
        default num_attention_heads 32, num_key_value_heads 2, head_dim 128, attention_bias true
        default tie_word_embeddings false
        default partial_rotary_factor 0.5, rotary_pairs true
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let qkv_bias: attention_bias
        let o_bias: false
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          linear mlp.gate_up_proj: h -> 2 * intermediate_size
          linear mlp.down_proj: intermediate_size -> h
          norm input_layernorm: h
          norm post_attention_layernorm: h
          when: model_type == 'glm4'
            norm post_self_attn_layernorm: h
            norm post_mlp_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "nemotron",
      text: """
        default vocab_size 256000, hidden_size 6144, intermediate_size 24576, num_hidden_layers 32
        default num_attention_heads 48, num_key_value_heads null, head_dim null
        default attention_bias false, mlp_bias false, tie_word_embeddings false
        default partial_rotary_factor 0.5, hidden_act 'relu2'
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          linear mlp.up_proj: h -> intermediate_size, bias mlp_bias
          linear mlp.down_proj: intermediate_size -> h, bias mlp_bias
          norm input_layernorm: h, bias true
          norm post_attention_layernorm: h, bias true
        norm model.norm: h, bias true
        use head
        """),
  ]
}
