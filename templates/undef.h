/*
** undef.h - forgets a template's names and flags, so that another template can
** include it and define its own. No include guard: it ends every template.
*/
#undef BIAS
#undef BY_IMAGE
#undef COLUMNS_LEFT
#undef DGRAD
#undef DGRAD_LAST
#undef DX
#undef EXPAND
#undef FLIPPED
#undef GAPS
#undef LAST_BLOCK
#undef LAST_PANEL
#undef LAST_STEP
#undef LAST_TILE
#undef LISTS
#undef NAME
#undef ONE
#undef PACK
#undef PANEL_STEP
#undef PARTIAL
#undef PARTIAL_ROW
#undef POOL
#undef POOL_ROW
#undef RELU
#undef ROWS
#undef ROWS_LEFT
#undef SHALLOW
#undef STORE
#undef TILE
#undef TILES
#undef TILE_COLUMNS
#undef TILE_IMAGE
#undef TILE_LAST
#undef TILE_LAST_COLUMNS
#undef TILE_ONE
#undef TILE_ROWS
#undef TILE_ROWS_COLUMNS
#undef TILE_UNIT
#undef WGRAD
#undef WGRAD_LAST
#undef WHOLE_BLOCKS
#undef WHOLE_PANELS
#undef WHOLE_VECTORS
