extension TransformerFamilies {
  /// Models of diffusers, found by `_class_name`.
  static let diffusion: [Row] = [
    // The last layer asks the first block's embedder of time steps again.
    Row(
      "DiTTransformer2DModel",
      text: """
        default num_attention_heads 16, attention_head_dim 72, in_channels 4, out_channels null
        default num_layers 28, attention_bias true, sample_size 32, patch_size 2
        default num_embeds_ada_norm 1000
        let heads: num_attention_heads
        let h: heads * attention_head_dim
        let out: out_channels ?? in_channels
        size latent: sample_size
        let patches: (latent // patch_size) * (latent // patch_size)
        phase step: tokens patches, context patches
        conv pos_embed.proj: in_channels -> h, kernel patch_size, stride patch_size, bias true, positions patches
        repeat transformer_blocks.*: layer < num_layers
          linear norm1.emb.timestep_embedder.linear_1: 256 -> h, bias true, rows if(layer == 0, 2, 1)
          linear norm1.emb.timestep_embedder.linear_2: h -> h, bias true, rows if(layer == 0, 2, 1)
          embedding norm1.emb.class_embedder.embedding_table: num_embeds_ada_norm + 1, h
          linear norm1.linear: h -> 6 * h, bias true, rows 1
          linear attn1.to_q: h -> h, bias attention_bias
          linear attn1.to_k: h -> h, bias attention_bias
          linear attn1.to_v: h -> h, bias attention_bias
          linear attn1.to_out.0: h -> h, bias true
          attention attn1: heads, heads, attention_head_dim, causal false
          linear ff.net.0.proj: h -> 4 * h, bias true
          linear ff.net.2: 4 * h -> h, bias true
        linear proj_out_1: h -> 2 * h, bias true, rows 1
        linear proj_out_2: h -> patch_size * patch_size * out, bias true
        """),
    Row(
      "UNet2DConditionModel",
      text: """
        default in_channels 4, out_channels 4, layers_per_block 2, sample_size null
        default cross_attention_dim 1280, attention_head_dim 8, num_attention_heads null
        default transformer_layers_per_block 1, use_linear_projection false
        default mid_block_type 'UNetMidBlock2DCrossAttn', addition_embed_type null
        default projection_class_embeddings_input_dim null, class_embed_type null
        default encoder_hid_dim null, dual_cross_attention false, only_cross_attention false
        default time_embedding_type 'positional', conv_in_kernel 3, conv_out_kernel 3
        default num_class_embeds null, time_cond_proj_dim null, resnet_time_scale_shift 'default'
        refuse: has(class_embed_type) or has(num_class_embeds), 'an embedding of classes'
        refuse: has(encoder_hid_dim) or has(time_cond_proj_dim), 'a projection of the condition'
        refuse: dual_cross_attention or only_cross_attention == true, 'this cross attention'
        refuse: time_embedding_type != 'positional', 'this embedding of time'
        refuse: mid_block_type != 'UNetMidBlock2DCrossAttn', 'this block in the middle'
        refuse: has(addition_embed_type) and addition_embed_type != 'text_time', 'this added embedding'
        refuse: resnet_time_scale_shift != 'default', 'this use of time'
        size latent: sample_size
        size text_tokens: 77
        phase step: tokens latent * latent, context text_tokens
        let blocks: count(block_out_channels)
        let first: at(block_out_channels, 0)
        let time: 4 * first
        let counts: num_attention_heads ?? attention_head_dim
        conv conv_in: in_channels -> first, kernel conv_in_kernel, bias true, positions latent * latent
        linear time_embedding.linear_1: first -> time, bias true, rows 1
        linear time_embedding.linear_2: time -> time, bias true, rows 1
        when: has(addition_embed_type)
          linear add_embedding.linear_1: projection_class_embeddings_input_dim -> time, bias true, rows 1
          linear add_embedding.linear_2: time -> time, bias true, rows 1
        let side: latent
        repeat down_blocks.*: block < blocks
          let kind_of: at(down_block_types, block)
          refuse: kind_of != 'CrossAttnDownBlock2D' and kind_of != 'DownBlock2D', 'this kind of block'
          let out: at(block_out_channels, block)
          let heads: at(counts, block)
          let cross: at(cross_attention_dim, block)
          let deep: at(transformer_layers_per_block, block)
          let layers: at(layers_per_block, block)
          when: kind_of == 'CrossAttnDownBlock2D'
            repeat attentions.*: place < layers
              use unet_attention
          repeat resnets.*: place < layers
            let from: if(place == 0, at(block_out_channels, max(block - 1, 0)), out)
            use unet_resnet
          when: block + 1 < blocks
            let side: (side - 1) // 2 + 1
            conv downsamplers.0.conv: out -> out, kernel 3, stride 2, bias true, positions side * side
        repeat up_blocks.*: block < blocks
          let kind_of: at(up_block_types, block)
          refuse: kind_of != 'CrossAttnUpBlock2D' and kind_of != 'UpBlock2D', 'this kind of block'
          let other: blocks - 1 - block
          let out: at(block_out_channels, other)
          let heads: at(counts, other)
          let cross: at(cross_attention_dim, other)
          let deep: at(transformer_layers_per_block, other)
          let layers: at(layers_per_block, other) + 1
          let side: latent
          repeat halving.*: place < other
            let side: (side - 1) // 2 + 1
          when: kind_of == 'CrossAttnUpBlock2D'
            repeat attentions.*: place < layers
              use unet_attention
          repeat resnets.*: place < layers
            let skip: if(place + 1 == layers, at(block_out_channels, max(other - 1, 0)), out)
            let from: if(place == 0, at(block_out_channels, min(other + 1, blocks - 1)), out) + skip
            use unet_resnet
          when: block + 1 < blocks
            let side: latent
            repeat halving.*: place < other - 1
              let side: (side - 1) // 2 + 1
            conv upsamplers.0.conv: out -> out, kernel 3, bias true, positions side * side
        scope mid_block
          let out: at(block_out_channels, blocks - 1)
          let heads: at(counts, blocks - 1)
          let cross: at(cross_attention_dim, blocks - 1)
          let deep: at(transformer_layers_per_block, blocks - 1)
          let from: out
          let side: latent
          repeat halving.*: place < blocks - 1
            let side: (side - 1) // 2 + 1
          repeat attentions.*: place < 1
            use unet_attention
          repeat resnets.*: place < 2
            use unet_resnet
        norm conv_norm_out: first, bias true
        conv conv_out: first -> out_channels, kernel conv_out_kernel, bias true, positions latent * latent
        """),
  ]
}
