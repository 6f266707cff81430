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

/** The kind of the elements of an array, by NumPy's name. A pickle sets the order of their bytes after it made one. */
export type DtypeRef = { readonly kind: 'dtype'; readonly name: string; order: string }

/** An array of NumPy. A pickle makes an empty one, and fills it after that. */
export type ArrayRef = {
  readonly kind: 'array'
  dtype: DtypeRef
  shape: readonly number[]
  isFortran: boolean
  data: Uint8Array | string
}

/** A class or a function of Python that is known. */
export type GlobalRef = { readonly kind: 'global'; readonly name: string }

/** What a pickle can hold. Lists and records may hold themselves, so nothing walks through all of them. */
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
  | DtypeRef
  | ArrayRef

const isKind = (value: Value | undefined, kind: string): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind

export const isGlobal = (value: Value | undefined): value is GlobalRef => isKind(value, 'global')
export const isStorage = (value: Value | undefined): value is StorageRef => isKind(value, 'storage')
export const isDtype = (value: Value | undefined): value is DtypeRef => isKind(value, 'dtype')
export const isArray = (value: Value | undefined): value is ArrayRef => isKind(value, 'array')
export const isTensor = (value: Value | undefined): value is TensorRef => isKind(value, 'tensor')

/** Whether a value is a number of elements. */
export const isSize = (value: Value | undefined): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0

/** The numbers of a shape or of strides. */
export const sizes = (value: Value | undefined): readonly number[] | undefined =>
  Array.isArray(value) && value.length <= 64 && value.every(isSize) ? value : undefined
