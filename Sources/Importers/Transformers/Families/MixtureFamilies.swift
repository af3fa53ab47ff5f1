extension TransformerFamilies {
  /// Decoders whose blocks choose among experts.
  static let mixtures: [Row] = [
    Row(
      "mixtral",
      text: """
        default vocab_size 32000, hidden_size 4096, intermediate_size 14336, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads 8, head_dim null, sliding_window null
        default num_experts_per_tok 2, num_local_experts 8, tie_word_embeddings false
        alias num_local_experts num_experts
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let qkv_bias: false
        let o_bias: false
        let w: sliding_window
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          router mlp.gate: h -> num_local_experts
          experts mlp.experts: num_local_experts, num_experts_per_tok, h, intermediate_size
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "qwen2_moe",
      text: """
        default vocab_size 151936, hidden_size 2048, intermediate_size 5632, num_hidden_layers 24
        default num_attention_heads 16, num_key_value_heads 16, head_dim null, qkv_bias true
        default use_sliding_window false, sliding_window 4096, max_window_layers 28
        default layer_types null, decoder_sparse_step 1, moe_intermediate_size 1408
        default shared_expert_intermediate_size 5632, num_experts_per_tok 4, num_experts 60
        default mlp_only_layers null, tie_word_embeddings false
        alias num_experts num_local_experts
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let o_bias: false
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use layer_window
          use attention
          let sparse: num_experts > 0 and (layer + 1) % decoder_sparse_step == 0
          when: sparse and not contains(mlp_only_layers, layer)
            router mlp.gate: h -> num_experts
            experts mlp.experts: num_experts, num_experts_per_tok, h, moe_intermediate_size
            linear mlp.shared_expert.gate_proj: h -> shared_expert_intermediate_size
            linear mlp.shared_expert.up_proj: h -> shared_expert_intermediate_size
            linear mlp.shared_expert.down_proj: shared_expert_intermediate_size -> h
            linear mlp.shared_expert_gate: h -> 1
          otherwise
            use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "qwen3_moe",
      text: """
        default vocab_size 151936, hidden_size 2048, intermediate_size 6144, num_hidden_layers 24
        default num_attention_heads 32, num_key_value_heads 4, head_dim null, attention_bias false
        default use_sliding_window false, sliding_window 4096, decoder_sparse_step 1
        default moe_intermediate_size 768, num_experts_per_tok 8, num_experts 128
        default mlp_only_layers null, tie_word_embeddings false
        alias num_experts num_local_experts
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        let w: if(use_sliding_window, sliding_window, null)
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          norm self_attn.q_norm: dim
          norm self_attn.k_norm: dim
          let sparse: num_experts > 0 and (layer + 1) % decoder_sparse_step == 0
          when: sparse and not contains(mlp_only_layers, layer)
            experts mlp.experts: num_experts, num_experts_per_tok, h, moe_intermediate_size
            router mlp.gate: h -> num_experts
          otherwise
            use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "phimoe",
      text: """
        default vocab_size 32064, hidden_size 4096, intermediate_size 6400, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads 8, head_dim null, sliding_window null
        default num_experts_per_tok 2, num_local_experts 16, attention_bias false
        default lm_head_bias false, tie_word_embeddings false
        alias num_local_experts num_experts
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        let w: sliding_window
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          router mlp.router: h -> num_local_experts
          experts mlp.experts: num_local_experts, num_experts_per_tok, h, intermediate_size
          norm input_layernorm: h, bias true
          norm post_attention_layernorm: h, bias true
        norm model.norm: h, bias true
        when: has_head
          linear lm_head: h -> vocab_size, bias lm_head_bias, tied tie_word_embeddings, rows logits
        """),
    Row(
      "gpt_oss",
      text: """
        default vocab_size 201088, hidden_size 2880, intermediate_size 2880, num_hidden_layers 36
        default num_attention_heads 64, num_key_value_heads 8, head_dim 64, sliding_window 128
        default num_local_experts 128, num_experts_per_tok 4, attention_bias true
        default layer_types null, tie_word_embeddings false
        alias num_local_experts num_experts
        alias num_experts_per_tok experts_per_token
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          let local: if(has(layer_types), at(layer_types, layer) == 'sliding_attention', layer % 2 == 0)
          let w: if(local, sliding_window, null)
          parameter self_attn.sinks: heads
          use attention
          router mlp.router: h -> num_local_experts, bias true
          experts mlp.experts: num_local_experts, num_experts_per_tok, h, intermediate_size, bias true, turned true
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "olmoe",
      text: """
        default vocab_size 50304, hidden_size 2048, intermediate_size 2048, num_hidden_layers 16
        default num_attention_heads 16, num_key_value_heads null, attention_bias false
        default num_experts_per_tok 8, num_experts 64, tie_word_embeddings false
        alias num_experts num_local_experts
        use decoder
        use sizes
        let dim: h // heads
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          norm self_attn.q_norm: h
          norm self_attn.k_norm: kv * dim
          router mlp.gate: h -> num_experts
          experts mlp.experts: num_experts, num_experts_per_tok, h, intermediate_size
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "granitemoe",
      text: """
        default vocab_size 32000, hidden_size 4096, intermediate_size 11008, num_hidden_layers 32
        default num_attention_heads 32, num_key_value_heads null, attention_bias false
        default num_local_experts 8, num_experts_per_tok 2, tie_word_embeddings false
        use decoder
        use sizes
        let dim: h // heads
        let qkv_bias: attention_bias
        let o_bias: attention_bias
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          router block_sparse_moe.router: h -> num_local_experts
          experts block_sparse_moe.experts: num_local_experts, num_experts_per_tok, h, intermediate_size
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    // Of four layers three keep a state: a delta rule over heads of linear attention.
    Row(
      "qwen3_next",
      text: """
        default vocab_size 151936, hidden_size 2048, intermediate_size 5632, num_hidden_layers 48
        default num_attention_heads 16, num_key_value_heads 2, head_dim 256, attention_bias false
        default linear_conv_kernel_dim 4, linear_key_head_dim 128, linear_value_head_dim 128
        default linear_num_key_heads 16, linear_num_value_heads 32, decoder_sparse_step 1
        default moe_intermediate_size 512, shared_expert_intermediate_size 512
        default num_experts_per_tok 10, num_experts 512, mlp_only_layers null, layer_types null
        default full_attention_interval 4, tie_word_embeddings false, partial_rotary_factor 0.25
        alias num_experts num_local_experts
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let kd: linear_num_key_heads * linear_key_head_dim
        let vd: linear_num_value_heads * linear_value_head_dim
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          let full: if(has(layer_types), at(layer_types, layer) == 'full_attention', (layer + 1) % full_attention_interval == 0)
          when: full
            linear self_attn.q_proj: h -> 2 * heads * dim, bias attention_bias
            linear self_attn.k_proj: h -> kv * dim, bias attention_bias
            linear self_attn.v_proj: h -> kv * dim, bias attention_bias
            linear self_attn.o_proj: heads * dim -> h, bias attention_bias
            norm self_attn.q_norm: dim
            norm self_attn.k_norm: dim
            rotary self_attn: 2 * ceil(floor(partial_rotary_factor * dim), 2)
            attention self_attn: heads, kv, dim
            keys self_attn: kv, dim
          otherwise
            parameter linear_attn.dt_bias: linear_num_value_heads
            parameter linear_attn.A_log: linear_num_value_heads
            conv linear_attn.conv1d: 2 * kd + vd -> 2 * kd + vd, rank 1, kernel linear_conv_kernel_dim, groups 2 * kd + vd, kind 'scan', positions tokens
            linear linear_attn.in_proj_qkvz: h -> 2 * kd + 2 * vd
            linear linear_attn.in_proj_ba: h -> 2 * linear_num_value_heads
            norm linear_attn.norm: linear_value_head_dim
            linear linear_attn.out_proj: vd -> h
            product linear_attn.update: tokens, linear_value_head_dim, linear_key_head_dim, count 2 * linear_num_value_heads, kind 'scan', stored true
            product linear_attn.read: tokens, linear_value_head_dim, linear_key_head_dim, count linear_num_value_heads, kind 'scan', stored true
            state linear_attn: (2 * kd + vd) * linear_conv_kernel_dim + vd * linear_key_head_dim
          let sparse: num_experts > 0 and (layer + 1) % decoder_sparse_step == 0
          when: sparse and not contains(mlp_only_layers, layer)
            router mlp.gate: h -> num_experts
            experts mlp.experts: num_experts, num_experts_per_tok, h, moe_intermediate_size
            linear mlp.shared_expert.gate_proj: h -> shared_expert_intermediate_size
            linear mlp.shared_expert.up_proj: h -> shared_expert_intermediate_size
            linear mlp.shared_expert.down_proj: shared_expert_intermediate_size -> h
            linear mlp.shared_expert_gate: h -> 1
          otherwise
            use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
    Row(
      "glm4_moe",
      text: """
        default vocab_size 151552, hidden_size 4096, intermediate_size 10944, num_hidden_layers 46
        default num_attention_heads 96, num_key_value_heads 8, head_dim null, attention_bias false
        default moe_intermediate_size 1408, num_experts_per_tok 8, n_shared_experts 1
        default n_routed_experts 128, first_k_dense_replace 1, use_qk_norm false
        default tie_word_embeddings false
        alias n_routed_experts num_local_experts
        default partial_rotary_factor 0.5, scoring_func 'sigmoid'
        use decoder
        use sizes
        let dim: head_dim ?? h // heads
        let inner: intermediate_size
        let mlp_bias: false
        let qkv_bias: attention_bias
        let wide_router: false
        let o_bias: false
        let w: null
        embedding model.embed_tokens: vocab_size, h
        repeat model.layers.*: layer < num_hidden_layers
          use attention
          when: use_qk_norm
            norm self_attn.q_norm: dim
            norm self_attn.k_norm: dim
          when: layer >= first_k_dense_replace
            use routed
          otherwise
            use gated
          norm input_layernorm: h
          norm post_attention_layernorm: h
        norm model.norm: h
        use head
        """),
  ]

  /// Decoders with multi-head latent attention.
  static let latent: [Row] = [
    Row(
      "deepseek_v2",
      text: deepseek(
        """
        default vocab_size 102400, hidden_size 4096, intermediate_size 11008, num_hidden_layers 32
        default num_attention_heads 32, first_k_dense_replace 0, moe_intermediate_size 1407
        default n_routed_experts 64, n_shared_experts 2, num_experts_per_tok null
        """)),
    Row(
      "deepseek_v3",
      text: deepseek(
        """
        default vocab_size 129280, hidden_size 7168, intermediate_size 18432, num_hidden_layers 61
        default num_attention_heads 128, first_k_dense_replace 3, moe_intermediate_size 2048
        default n_routed_experts 256, n_shared_experts 1, num_experts_per_tok 8
        default scoring_func 'sigmoid'
        """)),
  ]

  /// The two generations differ in their defaults only.
  private static func deepseek(_ defaults: String) -> String {
    defaults + "\n" + """
      default kv_lora_rank 512, q_lora_rank 1536, qk_rope_head_dim 64, qk_nope_head_dim 128
      default v_head_dim 128, attention_bias false, tie_word_embeddings false
      alias n_routed_experts num_local_experts num_experts
      let wide_router: true
      use decoder
      let h: hidden_size
      let heads: num_attention_heads
      let inner: intermediate_size
      let mlp_bias: false
      let dim: qk_nope_head_dim + qk_rope_head_dim
      embedding model.embed_tokens: vocab_size, h
      repeat model.layers.*: layer < num_hidden_layers
        when: q_lora_rank == null
          linear self_attn.q_proj: h -> heads * dim
        otherwise
          linear self_attn.q_a_proj: h -> q_lora_rank, bias attention_bias
          norm self_attn.q_a_layernorm: q_lora_rank
          linear self_attn.q_b_proj: q_lora_rank -> heads * dim
        linear self_attn.kv_a_proj_with_mqa: h -> kv_lora_rank + qk_rope_head_dim, bias attention_bias
        norm self_attn.kv_a_layernorm: kv_lora_rank
        linear self_attn.kv_b_proj: kv_lora_rank -> heads * (qk_nope_head_dim + v_head_dim), rows if(absorbed and phase == 'decode', tokens, context)
        linear self_attn.o_proj: heads * v_head_dim -> h, bias attention_bias
        during: phase == 'prefill'
          attention self_attn: heads, heads, dim, values v_head_dim
        during: phase == 'decode'
          when: absorbed
            attention self_attn: heads, 1, kv_lora_rank + qk_rope_head_dim, values kv_lora_rank
          otherwise
            attention self_attn: heads, heads, dim, values v_head_dim
        latent self_attn: kv_lora_rank, qk_rope_head_dim
        when: layer >= first_k_dense_replace
          use routed
        otherwise
          use gated
        norm input_layernorm: h
        norm post_attention_layernorm: h
      norm model.norm: h
      use head
      """
  }
}
