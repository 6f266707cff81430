/** Why ranks could not start, or could not work together. */
export type CollectiveError =
  /** The engine is not there, or this process was not started as a rank. */
  | { readonly _tag: 'CannotStart'; readonly message: string }
  /** The ranks called for different things: another length, another root, another operation. */
  | { readonly _tag: 'RanksDiffer'; readonly message: string }
  /** A rank ended, or closed its part, while others waited for it. */
  | { readonly _tag: 'RankLost'; readonly rank: number; readonly message: string }
  /** This rank has closed its part already. */
  | { readonly _tag: 'Closed'; readonly message: string }
  /** The engine failed, with its own code and words. */
  | { readonly _tag: 'EngineFailed'; readonly code: number; readonly message: string }

/** Used after it was closed. */
export const closed = (rank: number): CollectiveError => ({
  _tag: 'Closed',
  message: `rank ${rank} has closed its part of the collective; close it after the last call`,
})

/** A root that is no rank. */
export const noSuchRank = (root: number, size: number): CollectiveError => ({
  _tag: 'RanksDiffer',
  message: `there is no rank ${root} among ${size}: choose a root from 0 to ${size - 1}`,
})
