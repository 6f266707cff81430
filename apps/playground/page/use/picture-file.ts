/** The longest side that is read: a net sees far less. */
const longest = 1024

/** The pixels of a picture that the browser can decode, turned as its camera says. */
export const pixelsOfFile = async (file: Blob): Promise<ImageData> => {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => {
    const name = file instanceof File ? file.name : 'the file'
    throw new Error(`${name} is not a picture that this browser can read; give a PNG, JPEG, WebP, AVIF or GIF`)
  })
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height))
  const [width, height] = [
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  ]
  const context = new OffscreenCanvas(width, height).getContext('2d')!
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, width, height)
  bitmap.close()
  return context.getImageData(0, 0, width, height)
}
