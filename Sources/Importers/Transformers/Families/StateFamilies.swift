extension TransformerFamilies {
  /// Models whose layers keep a state of fixed size.
  static let states: [Row] = [
    Row(
      "mamba", "falcon_mamba",
      text: """
        default vocab_size 50280, hidden_size 768, state_size 16, num_hidden_layers 32, expand 2
        default conv_kernel 4, use_bias false, use_conv_bias true, time_step_rank 'auto'
        default tie_word_embeddings true
        alias hidden_size d_model
        alias num_hidden_layers n_layer
        use decoder
        let h: hidden_size
        let d: expand * h
        let rank_dt: if(time_step_rank == 'auto', ceil(h, 16), time_step_rank)
        embedding backbone.embeddings: vocab_size, h
        repeat backbone.layers.*: layer < num_hidden_layers
          norm norm: h
          parameter mixer.A_log: d, state_size
          parameter mixer.D: d
          conv mixer.conv1d: d -> d, rank 1, kernel conv_kernel, groups d, bias use_conv_bias, kind 'scan', positions if(phase == 'decode', 2 * conv_kernel - 1, tokens + conv_kernel - 1)
          linear mixer.in_proj: h -> 2 * d, bias use_bias
          linear mixer.x_proj: d -> rank_dt + 2 * state_size
          linear mixer.dt_proj: rank_dt -> d, bias true, kind 'scan'
          linear mixer.out_proj: d -> h, bias use_bias
          product mixer.scan: tokens, d, state_size, kind 'scan', stored true
          state mixer: d * conv_kernel + d * state_size
        norm backbone.norm_f: h
        use head
        """),
    // A linear recurrence: a state of heads x head_dim x state_size is updated and read a token.
    Row(
      "mamba2",
      text: """
        default vocab_size 32768, hidden_size 4096, state_size 128, num_hidden_layers 64, expand 2
        default conv_kernel 4, n_groups 8, num_heads 128, head_dim 64, use_bias false
        default use_conv_bias true, tie_word_embeddings false
        use decoder
        let h: hidden_size
        let d: expand * h
        let mixed: d + 2 * n_groups * state_size
        embedding backbone.embeddings: vocab_size, h
        repeat backbone.layers.*: layer < num_hidden_layers
          norm norm: h
          parameter mixer.dt_bias: num_heads
          parameter mixer.A_log: num_heads
          parameter mixer.D: num_heads
          conv mixer.conv1d: mixed -> mixed, rank 1, kernel conv_kernel, groups mixed, bias use_conv_bias, kind 'scan', positions tokens
          linear mixer.in_proj: h -> d + mixed + num_heads, bias use_bias
          norm mixer.norm: d
          linear mixer.out_proj: d -> h, bias use_bias
          product mixer.update: tokens, head_dim, state_size, count num_heads, kind 'scan', stored true
          product mixer.read: tokens, head_dim, state_size, count num_heads, kind 'scan', stored true
          state mixer: mixed * conv_kernel + num_heads * head_dim * state_size
        norm backbone.norm_f: h
        use head
        """),
  ]
}
