module relu1 (input clk, input [32*20-1:0] x, output [32*8-1:0] y);
  genvar i;
  generate for (i = 0; i < 32; i = i + 1) begin : lane
    wire signed [19:0] v = x[i*20 +: 20];
    wire signed [19:0] r = (v + 20'sd32) >>> 6;
    assign y[i*8 +: 8] = v <= 0 ? 8'd0 : r > 255 ? 8'd255 : r[7:0];
  end endgenerate
endmodule
