/** Which of the two data sets. */
export type CifarName = 'cifar10' | 'cifar100'

/** Name and bytes of a file. */
export type CifarFile = { readonly name: string; readonly bytes: Uint8Array }

/** The images of one file: image `n` begins at `start + n * stride`, red, green and blue one after the other. */
export type CifarPart = {
  readonly file: string
  readonly labels: ArrayLike<number>
  readonly bytes: Uint8Array
  readonly start: number
  readonly stride: number
}

export const side = 32
export const plane: number = side * side
export const pixels: number = 3 * plane
