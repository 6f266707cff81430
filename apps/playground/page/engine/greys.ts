import type { Pixels } from './protocol.ts'

/** Values as greys from their least to their largest. */
export const greys = (values: Float32Array, width: number, height: number): Pixels => {
  let [least, largest] = [Infinity, -Infinity]
  for (const value of values) {
    least = Math.min(least, value)
    largest = Math.max(largest, value)
  }
  const range = largest - least || 1
  return { width, height, channels: 1, data: Uint8Array.from(values, (value) => (255 * (value - least)) / range) }
}
