extension TransformerFamilies {
  /// Encoders of text and images, and models with an encoder and a decoder.
  static let encoders: [Row] = [
    Row(
      "bert",
      text: """
        default vocab_size 30522, hidden_size 768, num_hidden_layers 12, num_attention_heads 12
        default intermediate_size 3072, max_position_embeddings 512, type_vocab_size 2
        default architectures null, id2label null, tie_word_embeddings true
        size sequence: 512
        phase prefill: tokens sequence, context sequence
        let architecture: if(has(architectures), at(architectures, 0), 'BertForMaskedLM')
        let h: hidden_size
        let inner: intermediate_size
        let heads: num_attention_heads
        let dim: h / heads
        let masked: ends(architecture, 'ForMaskedLM') or ends(architecture, 'ForPreTraining')
        let labelled: ends(architecture, 'ForSequenceClassification')
        let pooled: ends(architecture, 'Model') or ends(architecture, 'ForPreTraining') or labelled
        refuse: not masked and not pooled, 'this head'
        embedding bert.embeddings.word_embeddings: vocab_size, h
        embedding bert.embeddings.position_embeddings: max_position_embeddings, h
        embedding bert.embeddings.token_type_embeddings: type_vocab_size, h
        norm bert.embeddings.LayerNorm: h, bias true
        repeat bert.encoder.layer.*: layer < num_hidden_layers
          follows: true
          linear attention.self.query: h -> h, bias true
          linear attention.self.key: h -> h, bias true
          linear attention.self.value: h -> h, bias true
          attention attention.self: heads, heads, dim, causal false
          linear attention.output.dense: h -> h, bias true
          norm attention.output.LayerNorm: h, bias true
          linear intermediate.dense: h -> inner, bias true
          linear output.dense: inner -> h, bias true
          norm output.LayerNorm: h, bias true
        when: pooled
          linear bert.pooler.dense: h -> h, bias true, rows 1
        when: masked
          linear cls.predictions.transform.dense: h -> h, bias true
          norm cls.predictions.transform.LayerNorm: h, bias true
          when: tie_word_embeddings
            parameter cls.predictions.bias: vocab_size
          linear cls.predictions.decoder: h -> vocab_size, bias true, tied tie_word_embeddings, lent tie_word_embeddings
        when: ends(architecture, 'ForPreTraining')
          linear cls.seq_relationship: h -> 2, bias true, rows 1
        when: labelled
          linear classifier: h -> if(has(id2label), count(id2label), 2), bias true, rows 1
        """),
    Row(
      "vit", "deit",
      text: """
        default hidden_size 768, num_hidden_layers 12, num_attention_heads 12
        default intermediate_size 3072, image_size 224, patch_size 16, num_channels 3
        default qkv_bias true, architectures null, num_labels null, id2label null
        let architecture: if(has(architectures), at(architectures, 0), 'ForImageClassification')
        let taught: ends(architecture, 'WithTeacher')
        let labelled: ends(architecture, 'ForImageClassification') or taught
        refuse: not labelled and not ends(architecture, 'Model'), 'this head'
        let labels: num_labels ?? if(has(id2label), count(id2label), 2)
        let h: hidden_size
        let inner: intermediate_size
        let heads: num_attention_heads
        let dim: h / heads
        let extra: if(model_type == 'deit', 2, 1)
        let high: at(image_size, 0) // at(patch_size, 0)
        let patches: high * (at(image_size, 1) // at(patch_size, 1))
        size image: at(image_size, 0)
        let side: image // at(patch_size, 0)
        let positions_run: if(image == at(image_size, 0), patches, side * side)
        size sequence: positions_run + extra
        phase prefill: tokens sequence, context sequence
        refuse: sequence != positions_run + extra, 'a sequence that is not that of the image'
        when: model_type == 'deit'
          scope deit
            use vision
        otherwise
          scope vit
            use vision
        when: taught
          linear cls_classifier: h -> labels, bias true, rows 1
          linear distillation_classifier: h -> labels, bias true, rows 1
        when: labelled and not taught
          linear classifier: h -> labels, bias true, rows 1
        """),
    Row(
      "roberta", "xlm-roberta",
      text: """
        default vocab_size 50265, hidden_size 768, num_hidden_layers 12, num_attention_heads 12
        default intermediate_size 3072, max_position_embeddings 512, type_vocab_size 2
        default architectures null, tie_word_embeddings true
        size sequence: 512
        phase prefill: tokens sequence, context sequence
        let architecture: if(has(architectures), at(architectures, 0), 'RobertaForMaskedLM')
        let h: hidden_size
        let inner: intermediate_size
        let heads: num_attention_heads
        let dim: h / heads
        let masked: ends(architecture, 'ForMaskedLM')
        let pooled: ends(architecture, 'Model')
        refuse: not masked and not pooled, 'this head'
        embedding roberta.embeddings.word_embeddings: vocab_size, h
        embedding roberta.embeddings.position_embeddings: max_position_embeddings, h
        embedding roberta.embeddings.token_type_embeddings: type_vocab_size, h
        norm roberta.embeddings.LayerNorm: h, bias true
        repeat roberta.encoder.layer.*: layer < num_hidden_layers
          follows: true
          linear attention.self.query: h -> h, bias true
          linear attention.self.key: h -> h, bias true
          linear attention.self.value: h -> h, bias true
          attention attention.self: heads, heads, dim, causal false
          linear attention.output.dense: h -> h, bias true
          norm attention.output.LayerNorm: h, bias true
          linear intermediate.dense: h -> inner, bias true
          linear output.dense: inner -> h, bias true
          norm output.LayerNorm: h, bias true
        when: pooled
          linear roberta.pooler.dense: h -> h, bias true, rows 1
        when: masked
          linear lm_head.dense: h -> h, bias true
          norm lm_head.layer_norm: h, bias true
          when: tie_word_embeddings
            parameter lm_head.bias: vocab_size
          linear lm_head.decoder: h -> vocab_size, bias true, tied tie_word_embeddings, lent tie_word_embeddings
        """),
    Row(
      "distilbert",
      text: """
        default vocab_size 30522, max_position_embeddings 512, n_layers 6, n_heads 12, dim 768
        default hidden_dim 3072, architectures null, tie_word_embeddings true
        alias dim hidden_size
        alias n_layers num_hidden_layers
        alias n_heads num_attention_heads
        size sequence: 512
        phase prefill: tokens sequence, context sequence
        let architecture: if(has(architectures), at(architectures, 0), 'DistilBertForMaskedLM')
        let masked: ends(architecture, 'ForMaskedLM')
        refuse: not masked and not ends(architecture, 'Model'), 'this head'
        let h: dim
        embedding distilbert.embeddings.word_embeddings: vocab_size, h
        embedding distilbert.embeddings.position_embeddings: max_position_embeddings, h
        norm distilbert.embeddings.LayerNorm: h, bias true
        repeat distilbert.transformer.layer.*: layer < n_layers
          follows: true
          linear attention.q_lin: h -> h, bias true
          linear attention.k_lin: h -> h, bias true
          linear attention.v_lin: h -> h, bias true
          linear attention.out_lin: h -> h, bias true
          attention attention: n_heads, n_heads, h / n_heads, causal false
          norm sa_layer_norm: h, bias true
          linear ffn.lin1: h -> hidden_dim, bias true
          linear ffn.lin2: hidden_dim -> h, bias true
          norm output_layer_norm: h, bias true
        when: masked
          linear vocab_transform: h -> h, bias true
          norm vocab_layer_norm: h, bias true
          linear vocab_projector: h -> vocab_size, bias true, tied tie_word_embeddings
        """),
    Row(
      "whisper",
      text: """
        default vocab_size 51865, num_mel_bins 80, encoder_layers 4, encoder_attention_heads 6
        default decoder_layers 4, decoder_attention_heads 6, decoder_ffn_dim 1536
        default encoder_ffn_dim 1536, d_model 384, max_source_positions 1500
        default max_target_positions 448, tie_word_embeddings true
        alias d_model hidden_size
        size frames: 2 * max_source_positions
        size decoder_sequence: 4
        let h: d_model
        let source: (frames - 1) // 2 + 1
        phase encoder: tokens source, context source
        phase decoder_prefill: tokens decoder_sequence, context decoder_sequence
        phase decode: tokens 1, context decoder_sequence + 1
        during: phase == 'encoder'
          conv model.encoder.conv1: num_mel_bins -> h, rank 1, kernel 3, bias true, positions frames
          conv model.encoder.conv2: h -> h, rank 1, kernel 3, stride 2, bias true, positions source
          embedding model.encoder.embed_positions: max_source_positions, h
          let heads: encoder_attention_heads
          let dim: h / heads
          repeat model.encoder.layers.*: layer < encoder_layers
            linear self_attn.k_proj: h -> h
            linear self_attn.v_proj: h -> h, bias true
            linear self_attn.q_proj: h -> h, bias true
            linear self_attn.out_proj: h -> h, bias true
            attention self_attn: heads, heads, dim, causal false
            norm self_attn_layer_norm: h, bias true
            linear fc1: h -> encoder_ffn_dim, bias true
            linear fc2: encoder_ffn_dim -> h, bias true
            norm final_layer_norm: h, bias true
          norm model.encoder.layer_norm: h, bias true
        let heads: decoder_attention_heads
        let dim: h / heads
        during: phase != 'encoder'
          embedding model.decoder.embed_tokens: vocab_size, h
          embedding model.decoder.embed_positions: max_target_positions, h
          repeat model.decoder.layers.*: layer < decoder_layers
            linear self_attn.k_proj: h -> h
            linear self_attn.v_proj: h -> h, bias true
            linear self_attn.q_proj: h -> h, bias true
            linear self_attn.out_proj: h -> h, bias true
            attention self_attn: heads, heads, dim
            keys self_attn: heads, dim
            norm self_attn_layer_norm: h, bias true
            linear encoder_attn.k_proj: h -> h, rows if(phase == 'decode', 0, source)
            linear encoder_attn.v_proj: h -> h, bias true, rows if(phase == 'decode', 0, source)
            linear encoder_attn.q_proj: h -> h, bias true
            linear encoder_attn.out_proj: h -> h, bias true
            attention encoder_attn: heads, heads, dim, keys source, causal false, stored true
            cross encoder_attn: heads, dim, source
            norm encoder_attn_layer_norm: h, bias true
            linear fc1: h -> decoder_ffn_dim, bias true
            linear fc2: decoder_ffn_dim -> h, bias true
            norm final_layer_norm: h, bias true
          norm model.decoder.layer_norm: h, bias true
          linear proj_out: h -> vocab_size, tied tie_word_embeddings, rows logits
        """),
  ]
}
