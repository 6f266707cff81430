/** A picture could not be decoded. */
export type DecodeError = {
  readonly _tag:
    | 'EmptyFile'
    /** The bytes are of no format that is known. */
    | 'NotAnImage'
    /** The format is known, and the file is cut short or wrong. */
    | 'DamagedImage'
    | 'TooManyPixels'
    /** A picture that has no one meaning in 8 bits. */
    | 'UnsupportedImage'
  readonly message: string
}

export const decodeError = (_tag: DecodeError['_tag'], message: string): DecodeError => ({ _tag, message })
