import type { Tensor } from '@tensorflow/tfjs-core'

type Rows<N extends string> = { readonly [name in N]: Tensor }

/** Lists of one length as the inputs of a primitive: entry i of the list `param` is `param${i}`. */
export const numbered = <N extends string>(lists: {
  readonly [name in N]: readonly Tensor[]
}): { readonly [name in `${N}${number}`]: Tensor } =>
  Object.fromEntries(
    Object.entries<readonly Tensor[]>(lists).flatMap(([name, list]) =>
      list.map((tensor, i) => [`${name}${i}`, tensor] as const),
    ),
  ) as { readonly [name in `${N}${number}`]: Tensor }

/** The rows of numbered inputs: `{ param: param0, … }`, and so on. */
export const rowsOf = <N extends string>(
  inputs: { readonly [name in `${N}${number}`]: Tensor },
  names: readonly N[],
): readonly Rows<N>[] =>
  Array.from(
    { length: Object.keys(inputs).length / names.length },
    (_, i) => Object.fromEntries(names.map((name) => [name, inputs[`${name}${i}`]])) as Rows<N>,
  )

/** The first tensor of each row, then the second of each, and so on. */
export const byColumn = (rows: readonly (readonly Tensor[])[]): readonly Tensor[] =>
  (rows[0] ?? []).flatMap((_, column) => rows.map((row) => row[column]!))

/** A column of what `byColumn` gives for so many rows. */
export const columnOf = (tensors: readonly Tensor[], rows: number, column: number): readonly Tensor[] =>
  tensors.slice(column * rows, (column + 1) * rows)
