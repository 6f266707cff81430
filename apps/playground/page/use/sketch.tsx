import { useRef } from 'preact/hooks'
import { text } from '../text/text.ts'

/** Pixels each way, and how wide a stroke is. */
const [side, stroke] = [280, 22]

/** The pixels of a canvas. */
const pixelsOf = (canvas: HTMLCanvasElement): ImageData =>
  canvas.getContext('2d', { willReadFrequently: true })!.getImageData(0, 0, canvas.width, canvas.height)

/** A black square to draw on in white; each stroke is given when it ends. */
export const Sketch = ({ onDrawn }: { readonly onDrawn: (pixels: ImageData) => void }) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  const last = useRef<{ readonly x: number; readonly y: number } | undefined>(undefined)
  const words = text.value.use
  const at = ({ offsetX, offsetY, currentTarget }: PointerEvent) => {
    const scale = side / (currentTarget as HTMLCanvasElement).clientWidth
    return { x: offsetX * scale, y: offsetY * scale }
  }
  const line = (
    from: { readonly x: number; readonly y: number },
    to: { readonly x: number; readonly y: number },
  ): void => {
    const context = canvas.current!.getContext('2d', { willReadFrequently: true })!
    Object.assign(context, { strokeStyle: '#fff', lineWidth: stroke, lineCap: 'round', lineJoin: 'round' })
    context.beginPath()
    context.moveTo(from.x, from.y)
    context.lineTo(to.x, to.y)
    context.stroke()
  }
  const clear = (): void => {
    const context = canvas.current!.getContext('2d', { willReadFrequently: true })!
    context.fillStyle = '#000'
    context.fillRect(0, 0, side, side)
  }
  const begin = (event: PointerEvent): void => {
    canvas.current!.setPointerCapture(event.pointerId)
    last.current = at(event)
    line(last.current, last.current)
  }
  const move = (event: PointerEvent): void => {
    if (last.current === undefined) return
    const next = at(event)
    line(last.current, next)
    last.current = next
  }
  const end = (): void => {
    if (last.current === undefined) return
    last.current = undefined
    onDrawn(pixelsOf(canvas.current!))
  }
  return (
    <div class="sketch">
      <canvas
        ref={(element) => {
          if (element !== null && canvas.current !== element) {
            canvas.current = element
            clear()
          }
        }}
        width={side}
        height={side}
        role="img"
        aria-label={words.drawHelp}
        onPointerDown={begin}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={end}
      />
      <button type="button" class="secondary outline" onClick={clear}>
        {words.clear}
      </button>
    </div>
  )
}
