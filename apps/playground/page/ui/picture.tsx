import { useEffect, useRef } from 'preact/hooks'
import type { Pixels } from '../engine/protocol.ts'

/** Greys as they are: bright where the value is large. */
const painted = ({ width, height, channels, data }: Pixels): ImageData => {
  const image = new ImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    const at = i * channels
    const [red, green, blue] =
      channels === 3 ? [data[at]!, data[at + 1]!, data[at + 2]!] : [data[at]!, data[at]!, data[at]!]
    image.data.set([red, green, blue, 255], 4 * i)
  }
  return image
}

/** Pixels, drawn as large as the style sheet says. Without a label it is decoration. */
export const Picture = ({ pixels, label }: { readonly pixels: Pixels; readonly label?: string }) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => canvas.current?.getContext('2d')?.putImageData(painted(pixels), 0, 0), [pixels])
  const named = label === undefined ? { 'aria-hidden': true as const } : { role: 'img' as const, 'aria-label': label }
  return <canvas class="picture" ref={canvas} width={pixels.width} height={pixels.height} {...named} />
}
