module threadbare/peers

go 1.19
