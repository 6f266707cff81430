import { routines } from './routines.generated.ts'

/** A routine: a function of our WebAssembly module, written in assembly/. */
export type RoutineName = keyof typeof routines

/** The arguments of a routine by name; the build script reads them off its class in assembly/. */
export type Arguments<N extends RoutineName> = { readonly [field in keyof (typeof routines)[N]]: number }

/**
 * What the module exports for every routine: a function of its arguments' address, the index of a piece, the number of
 * pieces, and this thread's index, whose scratch memory it uses.
 */
export type Routines = {
  readonly [name in RoutineName]: (args: number, piece: number, pieces: number, thread: number) => void
}

/** The names of all routines; worker threads are told the index in this list. */
export const routineNames = Object.keys(routines) as readonly RoutineName[]

const fieldsOf: ReadonlyMap<string, readonly { readonly name: string; readonly float: boolean }[]> = new Map(
  Object.entries(routines).map(([routine, fields]) => [
    routine,
    Object.entries(fields).map(([name, kind]) => ({ name, float: kind === 'f32' })),
  ]),
)

/** Writes the arguments of a routine in the order of its class, four bytes each, from index `first` of the views on. */
export const writeArguments = (
  { ints, floats }: { readonly ints: Int32Array; readonly floats: Float32Array },
  first: number,
  routine: RoutineName,
  args: { readonly [field: string]: number },
): void => {
  let at = first
  for (const { name, float } of fieldsOf.get(routine) ?? []) (float ? floats : ints)[at++] = args[name] ?? 0
}
