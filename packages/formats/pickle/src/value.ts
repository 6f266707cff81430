import type { Dtype } from '@resfn/safetensors'

/** A storage: the bytes of a file in the zip file. */
export type StorageRef = {
  readonly kind: 'storage'
  readonly dtype: Dtype
  readonly name: string
  readonly elements: number
}

/** A tensor: a view of a storage. */
export type TensorRef = {
  readonly kind: 'tensor'
  readonly storage: StorageRef
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** A class or a function of Python that is known. */
export type GlobalRef = { readonly kind: 'global'; readonly name: string }

/** What a pickle of weights can hold. Lists and records may hold themselves, so nothing walks through all of them. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Value[]
  | Map<Value, Value>
  | GlobalRef
  | StorageRef
  | TensorRef

const isKind = (value: Value | undefined, kind: string): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind

export const isGlobal = (value: Value | undefined): value is GlobalRef => isKind(value, 'global')
export const isStorage = (value: Value | undefined): value is StorageRef => isKind(value, 'storage')
export const isTensor = (value: Value | undefined): value is TensorRef => isKind(value, 'tensor')
