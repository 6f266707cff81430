/** First index of part `part` of `parts` when `count` things are dealt in runs that differ by at most one. */
export function bound(count: i32, part: i32, parts: i32): i32 {
  return <i32>((<i64>count * part) / parts)
}

/** As `bound`, where each run but the last is a multiple of `step`, if all have one at least. */
export function boundOfSteps(count: i32, step: i32, part: i32, parts: i32): i32 {
  return count < step * parts ? bound(count, part, parts) : min(count, bound(tilesOver(count, step), part, parts) * step)
}

/** Number of tiles of `size` that cover `length`. */
export function tilesOver(length: i32, size: i32): i32 {
  return (length + size - 1) / size
}

/** The next multiple of `step`. */
export function roundUp(length: i32, step: i32): i32 {
  return tilesOver(length, step) * step
}

/** `bytes` up to a multiple of 16, so that what follows lies on a vector's boundary. */
export function align(bytes: usize): usize {
  return (bytes + 15) & ~15
}
