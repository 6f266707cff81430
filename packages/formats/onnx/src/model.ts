/** The types of elements that are written here. */
export type ElementType = 'float' | 'int64'

/** A size along an axis: a number, or a name for one that is known when the model runs. */
export type Dimension = number | string

/** An input or an output of a model. */
export type Port = { readonly name: string; readonly type: ElementType; readonly shape: readonly Dimension[] }

/** A tensor that the model holds. */
export type Initialiser = {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly number[]
  /** its bytes, little-endian and row by row; read when the model is written, one tensor after the other */
  readonly read: () => Promise<Uint8Array>
}

/** A setting of an operator. Numbers are named by their type, because 1 may be either. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }

/** An operator, with the names of the values that go in and come out; an input that is left out is ''. */
export type Operator = {
  readonly type: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: { readonly [name: string]: AttributeValue }
}

/** A model: operators in an order in which each follows those that it needs. */
export type Model = {
  readonly name: string
  /** who made it, and its version */
  readonly producer: readonly [name: string, version: string]
  /** the version of the operators of ONNX */
  readonly opset: number
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly operators: readonly Operator[]
  readonly initialisers: readonly Initialiser[]
  /** texts that travel with it */
  readonly metadata?: { readonly [name: string]: string }
}

/** What can be wrong with a model that is to be written. */
export type OnnxError = {
  /**
   * - `TooLarge`: protobuf holds less than 2 GiB; the tensors must lie in a file beside the model.
   * - `DuplicateName`: two values have one name.
   * - `UnknownValue`: an operator reads what no operator before it makes.
   */
  readonly _tag: 'TooLarge' | 'DuplicateName' | 'UnknownValue'
  /** One sentence: where, what is wrong, and how to fix it. */
  readonly message: string
}
