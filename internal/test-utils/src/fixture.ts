import { readFileSync } from 'node:fs'
import { type Tensor, tensor } from '@tensorflow/tfjs-core'

/** A tensor in a fixture. */
export type Values = { readonly shape: number[]; readonly values: number[] }

/** The content of a JSON file; the type is the caller's word. */
export const readFixture = <T>(file: URL): T => JSON.parse(readFileSync(file, 'utf8')) as T

/** The tensor that a fixture holds, in float32. */
export const tensorOf = ({ shape, values }: Values): Tensor => tensor(values, shape, 'float32')
