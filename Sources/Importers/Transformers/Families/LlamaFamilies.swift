extension TransformerFamilies {
  /// Decoders with gated blocks and rotary positions.
  static let llama: [Row] = [
    Row(
      "llama",
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
      "mistral",
      text: """
        default vocab_size 32000, hidden_size 4096, intermediate_size 14336, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads 8, head_dim null, sliding_window 4096
        default tie_word_embeddings false, layer_types null
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: false
        let o_bias: false
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          let w: if(has(layer_types), if(at(layer_types, layer) == 'sliding_attention', sliding_window, null), sliding_window)
          use attention
          use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "qwen2",
      text: """
        default vocab_size 151936, hidden_size 4096, intermediate_size 22016, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads 32, head_dim null
        default use_sliding_window false, sliding_window 4096, max_window_layers 28
        default layer_types null, tie_word_embeddings false
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: true
        let o_bias: false
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use layer_window
          use attention
          use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "qwen3",
      text: """
        default vocab_size 151936, hidden_size 4096, intermediate_size 22016, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads 32, head_dim 128, attention_bias false
        default use_sliding_window false, sliding_window 4096, max_window_layers 28
        default layer_types null, tie_word_embeddings false
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use layer_window
          use attention
          norm self_attn.q_norm: dim
          norm self_attn.k_norm: dim
          use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "phi3",
      text: """
        default vocab_size 32064, hidden_size 3072, intermediate_size 8192, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads null, head_dim null
        default sliding_window null, tie_word_embeddings false
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          linear self_attn.o_proj: heads * dim -> h
          linear self_attn.qkv_proj: h -> heads * dim + 2 * kv * dim
          rotary self_attn: 2 * ceil(floor(partial_rotary_factor * dim), 2)
          attention self_attn: heads, kv, dim, window sliding_window
          keys self_attn: kv, dim, window sliding_window
          linear mlp.gate_up_proj: h -> 2 * intermediate_size
          linear mlp.down_proj: intermediate_size -> h
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "gemma",
      text: """
        default vocab_size 256000, hidden_size 3072, intermediate_size 24576, num_hidden_layers 28
        default num_attention_heads 16, num_key_value_heads 16, head_dim 256, attention_bias false
        default tie_word_embeddings true
        default hidden_activation 'gelu_pytorch_tanh'
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
          use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "gemma2",
      text: """
        default vocab_size 256000, hidden_size 2304, intermediate_size 9216, num_hidden_layers 26
        default num_attention_heads 8, num_key_value_heads 4, head_dim 256, attention_bias false
        default sliding_window 4096, layer_types null, tie_word_embeddings true
        default hidden_activation 'gelu_pytorch_tanh'
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          let local: if(has(layer_types), at(layer_types, layer) == 'sliding_attention', layer % 2 == 0)
          let w: if(local, sliding_window, null)
          use attention
          use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
          norm pre_feedforward_layernorm: h
          norm post_feedforward_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "gemma3_text",
      text: """
        default vocab_size 262208, hidden_size 2304, intermediate_size 9216, num_hidden_layers 26
        default num_attention_heads 8, num_key_value_heads 4, head_dim 256, attention_bias false
        default sliding_window 4096, sliding_window_pattern 6, layer_types null
        default tie_word_embeddings true
        alias sliding_window_pattern _sliding_window_pattern
        default hidden_activation 'gelu_pytorch_tanh'
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          let local: if(has(layer_types), at(layer_types, layer) == 'sliding_attention', (layer + 1) % sliding_window_pattern != 0)
          let w: if(local, sliding_window, null)
          use attention
          norm self_attn.q_norm: dim
          norm self_attn.k_norm: dim
          use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
          norm pre_feedforward_layernorm: h
          norm post_feedforward_layernorm: h
        norm model.norm: h
        use head
        """),
  ]
}
