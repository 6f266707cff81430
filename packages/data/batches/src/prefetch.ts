/** Yields the values of a generator and computes the next one while the caller waits, for example for a device. */
export const prefetch = <A>(make: () => Generator<A>): AsyncIterable<A> => ({
  [Symbol.asyncIterator]: (): AsyncIterator<A> => {
    const source = make()
    let ready: IteratorResult<A> | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let failed: { readonly error: unknown } | undefined

    const prepare = (): void => {
      try {
        ready ??= source.next()
      } catch (error) {
        // Thrown where the value is asked for, not from the timer.
        failed = { error }
      }
    }
    const stop = (): void => {
      if (timer !== undefined) clearTimeout(timer)
      timer = undefined
    }
    return {
      next: async () => {
        stop()
        if (failed === undefined) prepare()
        if (failed !== undefined) throw failed.error
        const result = ready ?? source.next()
        ready = undefined
        if (result.done !== true) timer = setTimeout(prepare)
        return result
      },
      return: async () => {
        stop()
        ready = undefined
        source.return(undefined)
        return { done: true, value: undefined }
      },
    }
  },
})
