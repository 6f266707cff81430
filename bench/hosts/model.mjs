// @ts-check
// The alpha-beta model of a ring all-reduce: each of its 2 (N - 1) rounds takes a latency alpha and moves an Nth of the
// bytes at the bandwidth beta. Thakur, Rabenseifner and Gropp, "Optimization of collective communication operations in
// MPICH" (2005), section 4.

/** @typedef {{ readonly ranks: number, readonly bytes: number, readonly seconds: number }} Measured */
/** @typedef {{ readonly alpha: number, readonly beta: number }} Network seconds, and bytes a second */

const rounds = (/** @type {number} */ ranks) => 2 * (ranks - 1)

/**
 * `T = 2 (N - 1) (alpha + n / (N beta))`, in seconds.
 *
 * @param {Network} network
 * @param {{ readonly ranks: number, readonly bytes: number }} call
 */
export const allReduceSeconds = ({ alpha, beta }, { ranks, bytes }) => rounds(ranks) * (alpha + bytes / (ranks * beta))

/**
 * The network whose model is nearest to what was measured, by the least squares of relative errors.
 *
 * @param {readonly Measured[]} all
 * @returns {Network}
 */
export const fitNetwork = (all) => {
  // seconds = alpha u + (1 / beta) v, each row divided by its seconds.
  let [uu, uv, vv, u1, v1] = [0, 0, 0, 0, 0]
  for (const { ranks, bytes, seconds } of all) {
    const u = rounds(ranks) / seconds
    const v = (rounds(ranks) * bytes) / (ranks * seconds)
    uu += u * u
    uv += u * v
    vv += v * v
    u1 += u
    v1 += v
  }
  const determinant = uu * vv - uv * uv
  return { alpha: (u1 * vv - v1 * uv) / determinant, beta: determinant / (v1 * uu - u1 * uv) }
}

/**
 * The part of its time that a host computes, where a step computes and then exchanges: `c / (c + T)`.
 *
 * @param {Network} network
 * @param {{ readonly hosts: number, readonly bytes: number, readonly compute: number }} step `compute` in seconds
 */
export const efficiency = (network, { hosts, bytes, compute }) =>
  compute / (compute + (hosts === 1 ? 0 : allReduceSeconds(network, { ranks: hosts, bytes })))
