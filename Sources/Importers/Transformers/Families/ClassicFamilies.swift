extension TransformerFamilies {
  /// Decoders with plain blocks, many with learned positions.
  static let classic: [Row] = [
    Row(
      "gpt2",
      text: """
        default vocab_size 50257, n_positions 1024, n_embd 768, n_layer 12, n_head 12, n_inner null
        default tie_word_embeddings true
        alias n_embd hidden_size
        alias n_layer num_hidden_layers
        alias n_head num_attention_heads
        alias n_positions max_position_embeddings
        default activation_function 'gelu_new'
        use decoder
        let h: n_embd
        let inner: n_inner ?? 4 * h
        let dim: h / n_head
        embedding transformer.wte: vocab_size, h
        embedding transformer.wpe: n_positions, h
        repeat transformer.h.*: layer < n_layer
          norm ln_1: h, bias true
          linear attn.c_attn: h -> 3 * h, bias true, turned true
          linear attn.c_proj: h -> h, bias true, turned true
          attention attn: n_head, n_head, dim
          keys attn: n_head, dim
          norm ln_2: h, bias true
          linear mlp.c_fc: h -> inner, bias true, turned true
          linear mlp.c_proj: inner -> h, bias true, turned true
        norm transformer.ln_f: h, bias true
        use head
        """),
    Row(
      "gpt_bigcode",
      text: """
        default vocab_size 50257, n_positions 1024, n_embd 768, n_layer 12, n_head 12, n_inner null
        default multi_query true, tie_word_embeddings true
        alias n_embd hidden_size
        alias n_layer num_hidden_layers
        alias n_head num_attention_heads
        alias n_positions max_position_embeddings
        default activation_function 'gelu_pytorch_tanh'
        use decoder
        let h: n_embd
        let inner: n_inner ?? 4 * h
        let dim: h / n_head
        let kv: if(multi_query, 1, n_head)
        embedding transformer.wte: vocab_size, h
        embedding transformer.wpe: n_positions, h
        repeat transformer.h.*: layer < n_layer
          norm ln_1: h, bias true
          linear attn.c_attn: h -> h + 2 * kv * dim, bias true
          linear attn.c_proj: h -> h, bias true
          attention attn: n_head, kv, dim
          keys attn: kv, dim
          norm ln_2: h, bias true
          linear mlp.c_fc: h -> inner, bias true
          linear mlp.c_proj: inner -> h, bias true
        norm transformer.ln_f: h, bias true
        use head
        """),
    Row(
      "gptj", "codegen",
      text: """
        default vocab_size 50400, n_positions 2048, n_embd 4096, n_layer 28, n_head 16, n_inner null
        default tie_word_embeddings false
        alias n_embd hidden_size
        alias n_layer num_hidden_layers
        alias n_head num_attention_heads
        default activation_function 'gelu_new', rotary_dim 64
        use decoder
        let h: n_embd
        let inner: n_inner ?? 4 * h
        let dim: h / n_head
        embedding transformer.wte: vocab_size, h
        repeat transformer.h.*: layer < n_layer
          norm ln_1: h, bias true
          when: model_type == 'codegen'
            linear attn.qkv_proj: h -> 3 * h
          otherwise
            linear attn.q_proj: h -> h
            linear attn.k_proj: h -> h
            linear attn.v_proj: h -> h
          parallel: true
          rotary attn: rotary_dim ?? dim, paired true
          linear attn.out_proj: h -> h
          attention attn: n_head, n_head, dim
          keys attn: n_head, dim
          linear mlp.fc_in: h -> inner, bias true
          linear mlp.fc_out: inner -> h, bias true
        norm transformer.ln_f: h, bias true
        linear lm_head: h -> vocab_size, bias true, tied tie_word_embeddings, rows logits
        """),
    Row(
      "gpt_neo",
      text: """
        default vocab_size 50257, max_position_embeddings 2048, hidden_size 2048, num_layers 24
        default num_heads 16, intermediate_size null, window_size 256, attention_layers null
        default tie_word_embeddings true
        alias num_layers num_hidden_layers
        alias num_heads num_attention_heads
        default activation_function 'gelu_new'
        use decoder
        let h: hidden_size
        let inner: intermediate_size ?? 4 * h
        let dim: h / num_heads
        embedding transformer.wte: vocab_size, h
        embedding transformer.wpe: max_position_embeddings, h
        repeat transformer.h.*: layer < num_layers
          norm ln_1: h, bias true
          linear attn.attention.k_proj: h -> h
          linear attn.attention.v_proj: h -> h
          linear attn.attention.q_proj: h -> h
          linear attn.attention.out_proj: h -> h, bias true
          attention attn.attention: num_heads, num_heads, dim
          keys attn.attention: num_heads, dim
          norm ln_2: h, bias true
          linear mlp.c_fc: h -> inner, bias true
          linear mlp.c_proj: inner -> h, bias true
        norm transformer.ln_f: h, bias true
        use head
        """),
    Row(
      "gpt_neox",
      text: """
        default vocab_size 50432, hidden_size 6144, num_hidden_layers 44, num_attention_heads 64
        default intermediate_size 24576, attention_bias true, tie_word_embeddings false
        default use_parallel_residual true, rotary_pct 0.25
        use decoder
        let h: hidden_size
        let heads: num_attention_heads
        let dim: h / heads
        embedding gpt_neox.embed_in: vocab_size, h
        repeat gpt_neox.layers.*: layer < num_hidden_layers
          norm input_layernorm: h, bias true
          norm post_attention_layernorm: h, bias true
          linear attention.query_key_value: h -> 3 * h, bias attention_bias
          linear attention.dense: h -> h, bias attention_bias
          parallel: use_parallel_residual
          rotary attention: 2 * ceil(floor(rotary_pct * dim), 2)
          attention attention: heads, heads, dim
          keys attention: heads, dim
          linear mlp.dense_h_to_4h: h -> intermediate_size, bias true
          linear mlp.dense_4h_to_h: intermediate_size -> h, bias true
        norm gpt_neox.final_layer_norm: h, bias true
        use head
        """),
    Row(
      "opt",
      text: """
        default vocab_size 50272, hidden_size 768, num_hidden_layers 12, ffn_dim 3072
        default max_position_embeddings 2048, do_layer_norm_before true
        default _remove_final_layer_norm false, word_embed_proj_dim null, num_attention_heads 12
        default enable_bias true, layer_norm_elementwise_affine true, tie_word_embeddings true
        default activation_function 'relu'
        use decoder
        let h: hidden_size
        let heads: num_attention_heads
        let dim: h / heads
        let words: word_embed_proj_dim ?? h
        embedding model.decoder.embed_tokens: vocab_size, words
        embedding model.decoder.embed_positions: max_position_embeddings + 2, h
        when: words != h
          linear model.decoder.project_out: h -> words
          linear model.decoder.project_in: words -> h
        when: do_layer_norm_before and not _remove_final_layer_norm
          when: layer_norm_elementwise_affine
            norm model.decoder.final_layer_norm: h, bias true
        repeat model.decoder.layers.*: layer < num_hidden_layers
          follows: not do_layer_norm_before
          linear self_attn.k_proj: h -> h, bias enable_bias
          linear self_attn.v_proj: h -> h, bias enable_bias
          linear self_attn.q_proj: h -> h, bias enable_bias
          linear self_attn.out_proj: h -> h, bias enable_bias
          attention self_attn: heads, heads, dim
          keys self_attn: heads, dim
          linear fc1: h -> ffn_dim, bias enable_bias
          linear fc2: ffn_dim -> h, bias enable_bias
          when: layer_norm_elementwise_affine
            norm self_attn_layer_norm: h, bias true
            norm final_layer_norm: h, bias true
        when: has_head
          linear lm_head: words -> vocab_size, tied tie_word_embeddings, rows logits
        """),
    Row(
      "falcon", "RefinedWebModel", "RefinedWeb",
      text: """
        default vocab_size 65024, hidden_size 4544, num_hidden_layers 32, num_attention_heads 71
        default num_kv_heads null, num_ln_in_parallel_attn null, new_decoder_architecture false
        default multi_query true, parallel_attn true, bias false, ffn_hidden_size null
        default tie_word_embeddings true
        alias num_hidden_layers n_layer
        alias num_attention_heads n_head
        alias num_kv_heads n_head_kv
        default alibi false
        use decoder
        let h: hidden_size
        let heads: num_attention_heads
        let dim: h / heads
        let inner: ffn_hidden_size ?? 4 * h
        let kv: if(new_decoder_architecture, num_kv_heads ?? heads, if(multi_query, 1, heads))
        let with_bias: (bias)
        let two: if(new_decoder_architecture, num_ln_in_parallel_attn ?? 2, num_ln_in_parallel_attn ?? 1) == 2
        embedding transformer.word_embeddings: vocab_size, h
        repeat transformer.h.*: layer < num_hidden_layers
          linear self_attention.query_key_value: h -> (heads + 2 * kv) * dim, bias with_bias
          linear self_attention.dense: h -> h, bias with_bias
          parallel: parallel_attn or new_decoder_architecture
          rotary self_attention: if(alibi, 0, dim)
          attention self_attention: heads, kv, dim
          keys self_attention: kv, dim
          linear mlp.dense_h_to_4h: h -> inner, bias with_bias
          linear mlp.dense_4h_to_h: inner -> h, bias with_bias
          when: parallel_attn and two
            norm ln_attn: h, bias true
            norm ln_mlp: h, bias true
          otherwise
            norm input_layernorm: h, bias true
            when: not parallel_attn
              norm post_attention_layernorm: h, bias true
        norm transformer.ln_f: h, bias true
        use head
        """),
    Row(
      "bloom",
      text: """
        default vocab_size 250880, hidden_size 64, n_layer 2, n_head 8, tie_word_embeddings true
        alias hidden_size n_embed
        alias n_layer num_hidden_layers
        alias n_head num_attention_heads
        use decoder
        let h: hidden_size
        let dim: h / n_head
        embedding transformer.word_embeddings: vocab_size, h
        norm transformer.word_embeddings_layernorm: h, bias true
        repeat transformer.h.*: layer < n_layer
          norm input_layernorm: h, bias true
          linear self_attention.query_key_value: h -> 3 * h, bias true
          linear self_attention.dense: h -> h, bias true
          attention self_attention: n_head, n_head, dim
          keys self_attention: n_head, dim
          norm post_attention_layernorm: h, bias true
          linear mlp.dense_h_to_4h: h -> 4 * h, bias true
          linear mlp.dense_4h_to_h: 4 * h -> h, bias true
        norm transformer.ln_f: h, bias true
        use head
        """),
    Row(
      "mpt",
      text: """
        default vocab_size 50368, d_model 2048, n_heads 16, n_layers 24, expansion_ratio 4
        default attn_config.kv_n_heads null, tie_word_embeddings true
        alias d_model hidden_size
        alias n_heads num_attention_heads
        alias n_layers num_hidden_layers
        use decoder
        let h: d_model
        let dim: h / n_heads
        let inner: expansion_ratio * h
        embedding transformer.wte: vocab_size, h
        repeat transformer.blocks.*: layer < n_layers
          norm norm_1: h, centred true
          linear attn.Wqkv: h -> 3 * h
          linear attn.out_proj: h -> h
          attention attn: n_heads, n_heads, dim
          keys attn: n_heads, dim
          norm norm_2: h, centred true
          linear ffn.up_proj: h -> inner
          linear ffn.down_proj: inner -> h
        norm transformer.norm_f: h, centred true
        use head
        """),
    Row(
      "phi",
      text: """
        default vocab_size 51200, hidden_size 2048, intermediate_size 8192, num_hidden_layers 24
        default num_attention_heads 32, num_key_value_heads null, qk_layernorm false
        default tie_word_embeddings false
        alias hidden_size n_embd
        default hidden_act 'gelu_new', partial_rotary_factor 0.5
        use decoder
        use sizes
        let dim: h // heads
        let inner: intermediate_size ?? 4 * h
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          linear self_attn.q_proj: h -> heads * dim, bias true
          linear self_attn.k_proj: h -> kv * dim, bias true
          linear self_attn.v_proj: h -> kv * dim, bias true
          linear self_attn.dense: heads * dim -> h, bias true
          when: qk_layernorm
            norm self_attn.q_layernorm: dim, bias true
            norm self_attn.k_layernorm: dim, bias true
          parallel: true
          rotary self_attn: 2 * ceil(floor(partial_rotary_factor * dim), 2)
          attention self_attn: heads, kv, dim
          keys self_attn: kv, dim
          linear mlp.fc1: h -> inner, bias true
          linear mlp.fc2: inner -> h, bias true
          norm input_layernorm: h, bias true
        norm model.final_layernorm: h, bias true
        when: has_head
          linear lm_head: h -> vocab_size, bias true, tied tie_word_embeddings, rows logits
        """),
  ]
}
