import type { Examples } from '@resfn/batches'

/** Examples in parts of a size, in their order; the last one may be smaller. Nothing is copied. */
export const partsOf = (
  { images, shape: [count = 0, ...sample], labels, targets }: Examples,
  size: number,
): readonly Examples[] => {
  const [values, classes] = [images.length / count, (targets?.length ?? 0) / count]
  return Array.from({ length: Math.ceil(count / size) }, (_, part) => {
    const [from, to] = [part * size, Math.min((part + 1) * size, count)]
    return {
      images: images.subarray(from * values, to * values),
      shape: [to - from, ...sample],
      labels: labels.subarray(from, to),
      ...(targets !== undefined && { targets: targets.subarray(from * classes, to * classes) }),
    }
  })
}
