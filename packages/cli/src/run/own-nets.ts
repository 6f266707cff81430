import { fileURLToPath } from 'node:url'

/**
 * The nets whose weights come with the command, by the names of their packages. Each is loaded when it is asked for.
 */
const ownNets: { readonly [name: string]: () => Promise<{ readonly config: URL }> } = {
  'fashion-mnist-resnet20': async () => (await import('@resfn/fashion-mnist-resnet20')).fashionMnistResnet20,
  'fashion-mnist-preactresnet20': async () =>
    (await import('@resfn/fashion-mnist-preactresnet20')).fashionMnistPreactresnet20,
}

/** Their names. */
export const ownNames: readonly string[] = Object.keys(ownNets)

/** The one that looks at pictures where none is named. */
export const usualNet = 'fashion-mnist-resnet20'

/** The folder of one of them; nothing for another name. */
export const ownFolder = async (name: string): Promise<string | undefined> =>
  Object.hasOwn(ownNets, name) ? fileURLToPath(new URL('.', (await ownNets[name]!()).config)) : undefined
