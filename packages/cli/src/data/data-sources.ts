import {
  fashionMnistClasses,
  fashionMnistFiles,
  fashionMnistMoments,
  loadFashionMnist,
  loadFashionMnistFolder,
} from '@resfn/fashion-mnist'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import type { DataSource } from './data-source.ts'

const fashionMnist: DataSource = {
  title: 'Fashion-MNIST',
  classes: fashionMnistClasses,
  moments: fashionMnistMoments,
  files: Object.values(fashionMnistFiles),
  known: {
    ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f: 'Fashion-MNIST as it was published',
    d5b91c929ef64cdf3fac6a13820932f698037ef77030a9584f3d6499a1ccee00: 'the part of Fashion-MNIST that comes with resfn',
  },
  licence: 'Fashion-MNIST: MIT licence, Copyright 2017 Zalando SE (https://github.com/zalandoresearch/fashion-mnist)',
  loadFolder: loadFashionMnistFolder,
  loadBundled: loadFashionMnistSubset,
  fetch: ({ folder, mirror, onProgress }) =>
    loadFashionMnist({
      cache: folder,
      onProgress: ({ file, ...bytes }) => onProgress({ file: `${fashionMnistFiles[file]}.gz`, ...bytes }),
      ...(mirror !== undefined && { baseUrl: mirror }),
    }),
}

/** The data sets by name. The name is that of the folder in the cache. */
export const dataSources: { readonly 'fashion-mnist': DataSource } = { 'fashion-mnist': fashionMnist }

/** The data set that commands use. */
export const defaultData: keyof typeof dataSources = 'fashion-mnist'
