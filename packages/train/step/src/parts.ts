import type { Examples } from '@resfn/batches'

/**
 * Examples in so many parts, in their order; the first ones have one more where they do not come out even. Nothing is
 * copied.
 */
export const partsOf = (
  { images, shape: [count = 0, ...sample], labels, targets }: Examples,
  parts: number,
): readonly Examples[] => {
  const [values, classes] = [images.length / count, (targets?.length ?? 0) / count]
  const before = (part: number): number => part * Math.floor(count / parts) + Math.min(part, count % parts)
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [before(part), before(part + 1)]
    return {
      images: images.subarray(from * values, to * values),
      shape: [to - from, ...sample],
      labels: labels.subarray(from, to),
      ...(targets !== undefined && { targets: targets.subarray(from * classes, to * classes) }),
    }
  })
}
