import QuantGraph
