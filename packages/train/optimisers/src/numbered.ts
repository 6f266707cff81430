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
