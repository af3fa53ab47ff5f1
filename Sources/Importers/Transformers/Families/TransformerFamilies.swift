import Synchronization

/// The families that are known: a description each, found by `model_type`, or by `_class_name`.
///
/// Defaults are those of the configuration classes of transformers 5.24 and diffusers
/// 0.42; names of modules are those of their model classes.
enum TransformerFamilies {
  struct Row: Sendable {
    /// Values of `model_type` that the description is for.
    let names: [String]
    let text: String

    init(_ names: String..., text: String) {
      self.names = names
      self.text = text
    }
  }

  static let rows: [Row] =
    llama + gated + mixtures + latent + classic + encoders + states + diffusion

  /// Names in the order of the rows.
  static var names: [String] { rows.flatMap(\.names) }

  private static let byName: [String: Row] = {
    var found: [String: Row] = [:]
    for row in rows { for name in row.names { found[name] = row } }
    return found
  }()

  /// Descriptions that were read, by name.
  private static let known = Mutex<[String: FamilyDescription]>([:])

  /// The description of a family; nil if it is not known.
  static func description(of name: String) throws(TransformerError) -> FamilyDescription? {
    guard let row = byName[name] else { return nil }
    if let description = known.withLock({ $0[name] }) { return description }
    let description = try FamilyDescription(name: name, text: row.text)
    known.withLock { $0[name] = description }
    return description
  }

  /// Lines that several families use.
  static let blocks: [String: String] = [
    "decoder": """
    default architectures null, partial_rotary_factor 1.0, rotates true
    default rotary_pairs false
    size sequence: 2048
    phase prefill: tokens sequence, context sequence
    phase decode: tokens 1, context sequence + 1
    let architecture: if(has(architectures), at(architectures, 0), '')
    let has_head: not ends(architecture, 'Model') or ends(architecture, 'LMHeadModel')
    refuse: ends(architecture, 'Classification'), 'a head for classification'
    refuse: ends(architecture, 'QuestionAnswering'), 'a head for questions'
    """,
    // Names: h, heads, kv, dim, qkv_bias, o_bias, w.
    "attention": """
    linear self_attn.q_proj: h -> heads * dim, bias qkv_bias
    linear self_attn.k_proj: h -> kv * dim, bias qkv_bias
    linear self_attn.v_proj: h -> kv * dim, bias qkv_bias
    linear self_attn.o_proj: heads * dim -> h, bias o_bias
    rotary self_attn: if(rotates, 2 * ceil(floor(partial_rotary_factor * dim), 2), 0), paired rotary_pairs
    attention self_attn: heads, kv, dim, window w
    keys self_attn: kv, dim, window w
    """,
    // Names: h, inner, mlp_bias.
    "gated": """
    linear mlp.gate_proj: h -> inner, bias mlp_bias
    linear mlp.up_proj: h -> inner, bias mlp_bias
    linear mlp.down_proj: inner -> h, bias mlp_bias
    """,
    // Names: h, inner, heads, dim, patches, extra, positions_run, labelled.
    "vision": """
    parameter embeddings.cls_token: 1, 1, h
    when: model_type == 'deit'
      parameter embeddings.distillation_token: 1, 1, h
    parameter embeddings.position_embeddings: 1, patches + extra, h
    conv embeddings.patch_embeddings.projection: num_channels -> h, kernel at(patch_size, 0), stride at(patch_size, 0), bias true, positions positions_run
    repeat layers.*: layer < num_hidden_layers
      linear attention.q_proj: h -> h, bias qkv_bias
      linear attention.k_proj: h -> h, bias qkv_bias
      linear attention.v_proj: h -> h, bias qkv_bias
      linear attention.o_proj: h -> h, bias true
      attention attention: heads, heads, dim, causal false
      norm layernorm_before: h, bias true
      norm layernorm_after: h, bias true
      linear mlp.fc1: h -> inner, bias true
      linear mlp.fc2: inner -> h, bias true
    norm layernorm: h, bias true
    when: not labelled
      linear pooler.dense: h -> h, bias true, rows 1
    """,
    // Experts chosen by a router beside experts that every token meets.
    "routed": """
    experts mlp.experts: n_routed_experts, num_experts_per_tok, h, moe_intermediate_size
    router mlp.gate: h -> n_routed_experts, wide wide_router
    when: has(n_shared_experts) and n_shared_experts > 0
      let shared: moe_intermediate_size * n_shared_experts
      linear mlp.shared_experts.gate_proj: h -> shared
      linear mlp.shared_experts.up_proj: h -> shared
      linear mlp.shared_experts.down_proj: shared -> h
    """,
    // Names: out, heads, cross, deep, side. A transformer over the pixels of one resolution.
    "unet_attention": """
    norm norm: out, bias true
    when: use_linear_projection
      linear proj_in: out -> out, bias true, rows side * side
      linear proj_out: out -> out, bias true, rows side * side
    otherwise
      conv proj_in: out -> out, kernel 1, bias true, positions side * side
      conv proj_out: out -> out, kernel 1, bias true, positions side * side
    repeat transformer_blocks.*: level < deep
      norm norm1: out, bias true
      linear attn1.to_q: out -> out, rows side * side
      linear attn1.to_k: out -> out, rows side * side
      linear attn1.to_v: out -> out, rows side * side
      linear attn1.to_out.0: out -> out, bias true, rows side * side
      attention attn1: heads, heads, out / heads, queries side * side, keys side * side, causal false
      norm norm2: out, bias true
      linear attn2.to_q: out -> out, rows side * side
      linear attn2.to_k: cross -> out, rows text_tokens
      linear attn2.to_v: cross -> out, rows text_tokens
      linear attn2.to_out.0: out -> out, bias true, rows side * side
      attention attn2: heads, heads, out / heads, queries side * side, keys text_tokens, causal false
      norm norm3: out, bias true
      linear ff.net.0.proj: out -> 8 * out, bias true, rows side * side
      linear ff.net.2: 4 * out -> out, bias true, rows side * side
    """,
    // Names: from, out, time, side.
    "unet_resnet": """
    norm norm1: from, bias true
    conv conv1: from -> out, kernel 3, bias true, positions side * side
    linear time_emb_proj: time -> out, bias true, rows 1
    norm norm2: out, bias true
    conv conv2: out -> out, kernel 3, bias true, positions side * side
    when: from != out
      conv conv_shortcut: from -> out, kernel 1, bias true, positions side * side
    """,
    // Sizes by their usual keys.
    "sizes": """
    let h: hidden_size
    let heads: num_attention_heads
    let kv: num_key_value_heads ?? heads
    """,
    "head": """
    when: has_head
      linear lm_head: h -> vocab_size, tied tie_word_embeddings, rows logits
    """,
    // A window in the layers that layer_types calls so, else from max_window_layers on.
    "layer_window": """
    let w: if(has(layer_types), if(at(layer_types, layer) == 'sliding_attention' and use_sliding_window, sliding_window, null), if(use_sliding_window and layer >= max_window_layers, sliding_window, null))
    """,
  ]
}
