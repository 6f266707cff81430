// Sizes that both languages share: the build script writes them into src/kernels.generated.ts.

/** Output channels of a packed panel: two vectors. */
export const PANEL: i32 = 8
/** Rows of a product that are worked out together: six by a panel fill twelve of sixteen registers. */
export const ROWS: i32 = 6
/** The sums of ROWS pixels and a panel. */
export const SUMS_BYTES: i32 = ROWS * PANEL * 4
/** Tiles of ROWS pixels that share one pass over all panels: their rows stay in the first two caches. */
export const BLOCK: i32 = 16

/** Points of a tile in Winograd's F(4x4, 3x3) and F(3x3, 4x4): 6x6. */
export const POINTS: i32 = 36
/** Room for the 36 pointers of a tile, and 16 bytes more. */
export const POINTER_BYTES: i32 = 160
/** Scratch of a tile's transform: its pointers and a vector a point. */
export const TRANSFORM_BYTES: i32 = POINTER_BYTES + POINTS * 16
/** The products of one tile and one panel. */
export const PRODUCT_BYTES: i32 = POINTS * PANEL * 4
/** The products of a unit of a filter gradient: four input channels by a panel, at each point. */
export const UNIT_BYTES: i32 = POINTS * 4 * PANEL * 4
/** Added to the distance between two points of a tile, or all of them would fall on one set of the cache. */
export const APART_BYTES: i32 = 64

/** Neighbouring outputs of a row that are worked out together where a group has few channels. */
export const RUN: i32 = 8
