import { describe, expect, it } from 'vitest'
import { type Shape, type Spec, summary } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { keyOf, keysBeside } from './key-map.ts'
import { nets } from './nets.ts'

/** A row: parameters; billions of multiply-adds; entries of a state dict of PyTorch. */
type Row = readonly [name: string, params: number, gigaMacs?: string, keys?: number]

// Parameters and entries: torchvision's documentation, timm's results, pytorchcv's asserts and count.py, which agree.
// Multiply-adds are those of convolutions and matrices at the input of the row, as torchvision counts them.
const tables: { readonly [source: string]: readonly Row[] } = {
  'He et al. (2015), Zagoruyko and Komodakis (2016), Xie et al. (2017), ImageNet': [
    ['resnet18', 11689512, '1.814', 122],
    ['resnet34', 21797672, '3.664', 218],
    ['resnet50', 25557032, '4.089', 320],
    ['resnet101', 44549160, '7.801', 626],
    ['resnet152', 60192808, '11.514', 932],
    ['resnet200', 64673832, '15.007', 1220],
    ['wide_resnet50_2', 68883240, '11.398', 320],
    ['wide_resnet101_2', 126886696, '22.753', 626],
    ['resnext50_32x4d', 25028904, '4.230', 320],
    ['resnext101_32x4d', 44177704, '7.970', 626],
    ['resnext101_32x8d', 88791336, '16.414', 626],
    ['resnext101_64x4d', 83455272, '15.460', 626],
    ['resnext101_32x16d', 194026792, '36.163', 626],
  ],
  'He T. et al. (2018), Bello et al. (2021), and attention of pytorchcv and timm': [
    ['resnet18d', 11708744, '2.054'],
    ['resnet34d', 21816904, '3.903'],
    ['resnet26', 15995176, '2.342'],
    ['resnet26d', 16014408, '2.582'],
    ['resnet50c', 25576264, '4.329'],
    ['resnet50d', 25576264, '4.329'],
    ['resnet50s', 25680808, '5.444'],
    ['resnet50t', 25573728, '4.297'],
    ['resnet101d', 44568392, '8.041'],
    ['resnet152d', 60212040, '11.753'],
    ['resnet200d', 64693064, '15.247'],
    ['resnet10t', 5435488, '1.097'],
    ['resnet14t', 10081632, '1.677'],
    ['resnetrs50', 35691912, '4.454'],
    ['resnetrs101', 63618696, '8.176'],
    ['ecaresnet50d', 25576350, '4.329', 348],
    ['sknet50', 27479784, '4.463'],
    ['cbam_resnet50', 28089624, '4.096'],
    ['bam_resnet50', 25915099, '4.171'],
    ['skresnext50_32x4d', 27479784, '4.463', 528],
    ['sknet101', 48736040, '8.449'],
    ['sknet152', 66295656, '12.435'],
    ['cbam_resnet101', 49330172, '7.813'],
    ['cbam_resnet152', 66826848, '11.529'],
    ['bam_resnet101', 44907227, '7.884'],
    ['bam_resnet152', 60550875, '11.596'],
  ],
  'Hu et al. (2018)': [
    ['seresnet50', 28088024, '4.092', 384],
    ['legacy_seresnet50', 28088024, '3.860', 384],
    ['seresnet101', 49326872, '7.806'],
    ['legacy_seresnet101', 49326872, '7.575'],
    ['seresnet152', 66821848, '11.520'],
    ['legacy_seresnet152', 66821848, '11.289'],
    ['seresnext50_32x4d', 27559896, '4.233'],
    ['legacy_seresnext50_32x4d', 27559896, '4.233'],
    ['seresnext101_32x4d', 48955416, '7.975'],
    ['seresnext101_64x4d', 88232984, '15.465'],
    ['seresnext101_32x8d', 93569048, '16.419'],
    ['seresnext26d_32x4d', 16809512, '2.712', 220],
    ['legacy_seresnext26_32x4d', 16790280, '2.472'],
    ['seresnet18', 11779624, '1.814', 154],
    ['seresnet34', 21960416, '3.664'],
    ['legacy_seresnet18', 11778592, '1.814'],
    ['legacy_seresnet34', 21958868, '3.664'],
    ['senet154', 115088984, '20.688', 1144],
    ['legacy_senet154', 115088984, '20.688', 1144],
    ['seresnet152d', 66841080, '11.760'],
    ['legacy_seresnext101_32x4d', 48955416, '7.975'],
  ],
  'Zhang H. et al. (2020)': [
    ['resnest14d', 10611688, '2.749'],
    ['resnest26d', 17069448, '3.623'],
    ['resnest50d', 27483240, '5.371', 476],
    ['resnest101e', 48275016, '10.201'],
    ['resnest200e', 70201544, '17.408'],
    ['resnest269e', 110929480, '22.434'],
    ['resnest50_fast_1s1x64d', 26217896, '4.329'],
    ['resnest50_fast_2s1x64d', 27483240, '4.331'],
    ['resnest50_fast_4s1x64d', 31912712, '4.335'],
    ['resnest50_fast_1s2x40d', 25946680, '4.365'],
    ['resnest50_fast_2s2x40d', 26943792, '4.366'],
    ['resnest50d_1s4x24d', 25677000, '4.400'],
    ['resnest50d_4s2x40d', 30417592, '4.369'],
  ],
  'He et al. (2016), ImageNet': [
    ['preactresnet18', 11687720, '1.814'],
    ['preactresnet34', 21795880, '3.664'],
    ['preactresnet50', 25549352, '4.089'],
    ['preactresnet101', 44541480, '7.801'],
    ['preactresnet152', 60185128, '11.514'],
    ['preactresnet200', 64666152, '15.007'],
    ['resnetv2_18', 11687720, '1.814'],
    ['resnetv2_50', 25549352, '4.089', 300],
    ['resnetv2_101', 44541480, '7.801'],
    ['resnetv2_50x1_bit', 25549352, '4.089'],
    ['resnetv2_34', 21795880, '3.664'],
    ['resnetv2_152', 60185128, '11.514'],
    ['resnetv2_50x3_bit', 217319080, '36.082'],
    ['resnetv2_101x1_bit', 44541480, '7.801'],
    ['resnetv2_101x3_bit', 387934888, '69.492'],
    ['resnetv2_152x2_bit', 236335208, '45.814'],
    ['resnetv2_152x4_bit', 936533224, '182.777'],
  ],
  'Huang et al. (2017)': [
    ['densenet121', 7978856, '2.834', 727],
    ['densenet161', 28681000, '7.728', 967],
    ['densenet169', 14149480, '3.360', 1015],
    ['densenet201', 20013928, '4.291', 1207],
    ['densenet264', 33337704, '5.752', 1591],
    ['densenet264d', 72736216],
    ['densenetblur121d', 7998088],
  ],
  'Wang et al. (2017)': [
    ['attention56', 31810728, '6.271'],
    ['attention92', 52466344, '10.534'],
    ['attention128', 65294504, '14.899'],
    ['attention164', 78122664, '19.264'],
    ['attention200', 90950824, '23.630'],
    ['attention236', 103778984, '27.995'],
    ['attention452', 182285224, '44.386'],
    ['attentionnext56', 31318824, '6.419'],
    ['attentionnext92', 52102952, '10.704'],
    ['cifar-resattnet56', 7202794, '0.694'],
    ['cifar-resattnet92', 12170730, '1.089'],
    ['cifar-resattnet452', 41647722, '4.268'],
    ['cifar-attention56', 1030362, '0.123'],
    ['cifar-attention92', 1841242, '0.212'],
    ['cifar-attention128', 2652122, '0.301'],
    ['cifar-attention164', 3463002, '0.390'],
    ['cifar-attention236', 5084762, '0.568'],
    ['resattnet56', 31810728, '6.271'],
    ['resattnet92', 52466344, '10.534'],
  ],
  'He et al. (2015), CIFAR': [
    ['cifar-resnet20', 269722, '0.041', 116],
    ['cifar-resnet32', 464154, '0.069', 188],
    ['cifar-resnet44', 658586, '0.097', 260],
    ['cifar-resnet56', 853018, '0.125', 332],
    ['cifar-resnet110', 1727962, '0.253', 656],
    ['cifar-resnet1202', 19421274, '2.829', 7208],
    ['cifar-akamaster-resnet20', 269722, '0.041', 116],
    ['cifar-plain20', 269722, '0.041'],
    ['cifar-plain56', 853018, '0.125'],
    ['cifar-resnet20-b', 272474],
    ['cifar-resnet56-b', 855770],
    ['cifar-resnet110-b', 1730714],
    ['cifar-resnet20-c', 283962],
    ['cifar-resnet56-c', 900858],
    ['cifar-resnet110-c', 1826202],
    ['cifar-resnet164', 1704154, '0.245'],
    ['cifar-resnet1001', 10328602, '1.488'],
    ['cifar-plain32', 464154, '0.069'],
    ['cifar-plain44', 658586, '0.097'],
    ['cifar-plain110', 1727962, '0.253'],
    ['cifar-resnet32-b', 466906],
    ['cifar-resnet44-b', 661338],
    ['cifar-resnet32-c', 489594],
    ['cifar-resnet44-c', 695226],
  ],
  'He et al. (2016), CIFAR': [
    ['cifar-preactresnet20', 272282, '0.041'],
    ['cifar-preactresnet56', 855578, '0.126'],
    ['cifar-preactresnet110', 1730522, '0.253'],
    ['cifar-preactresnet164', 1703258, '0.245'],
    ['cifar-preactresnet1001', 10327706, '1.488'],
  ],
  'other nets for CIFAR': [
    ['cifar-wrn16_4', 2748890, '0.393'],
    ['cifar-wrn16_8', 10961370, '1.548'],
    ['cifar-wrn40_4', 8949210, '1.299'],
    ['cifar-wrn28_10', 36479194, '5.243'],
    ['cifar-resnext29_8x64d', 34426698, '5.387'],
    ['cifar-resnext29_16x64d', 68155210, '10.689'],
    ['cifar-resnext29_32x4d', 4775754, '0.774'],
    ['cifar-densenet40-12', 1019722, '0.265'],
    ['cifar-densenet100-12', 6979642, '1.770'],
    ['cifar-densenet100-24', 27249082, '6.889'],
    ['cifar-densenet-bc100-12', 769162, '0.288'],
    ['cifar-densenet-bc190-40', 25624430, '9.302'],
    ['cifar-densenet-bc250-24', 15324406, '5.419'],
    ['cifar-resnet9', 6573120, '0.379'],
    ['cifar-kuangliu-resnet18', 11173962, '0.555'],
    ['cifar-kuangliu-resnet34', 21282122, '1.159'],
    ['cifar-kuangliu-resnet50', 23520842, '1.298'],
    ['cifar-kuangliu-resnet101', 42512970],
    ['cifar-kuangliu-resnet152', 58156618],
    ['cifar-kuangliu-preactresnet18', 11171146, '0.555'],
    ['cifar-kuangliu-preactresnet34', 21279306, '1.159'],
    ['cifar-kuangliu-preactresnet50', 23509066, '1.298'],
    ['cifar-kuangliu-preactresnet101', 42501194, '2.510'],
    ['cifar-kuangliu-preactresnet152', 58144842, '3.722'],
    ['cifar-seresnet20', 274847, '0.041'],
    ['cifar-seresnet56', 862889, '0.126'],
    ['cifar-seresnet110', 1744952, '0.253'],
    ['cifar-seresnet164', 1906258, '0.248'],
  ],
  'Gao et al. (2021)': [
    ['res2net50_26w_4s', 25699120],
    ['res2net50_48w_2s', 25287304],
    ['res2net50_14w_8s', 25059816],
    ['res2net50_26w_6s', 37051448],
    ['res2net50_26w_8s', 48403776],
    ['res2net101_26w_4s', 45206688],
    ['res2next50', 24671464],
    ['res2net50d', 25718352],
    ['res2net101d', 45225920],
  ],
  'Keras applications': [
    ['keras-resnet50', 25583592, '3.858'],
    ['keras-resnet101', 44601832, '7.570'],
    ['keras-resnet152', 60268520, '11.282'],
  ],
  'the textbook': [
    ['lenet-bn', 44878, '0.000'],
    ['d2l-resnet18', 11178378, '0.319'],
    ['d2l-densenet', 758226, '0.129'],
  ],
}

/** Billions to as many digits as the published number has. */
const giga = (macs: number, published: string): string => (macs / 1e9).toFixed(published.split('.')[1]!.length)

/** The distinct keys of the usual format, counters of batches among them. */
const entriesOf = (name: string): number => {
  const { make, input, classes, keys } = nets[name]!
  const [map] = Object.values(keys!)
  const { params, state } = make({ classes }).plan(input)
  const paths = [...flatten<Spec>(params), ...flatten<Spec>(state)].map(({ path }) => path)
  return new Set(paths.flatMap((path) => [keyOf(path, map!), ...keysBeside(path, map!)])).size
}

for (const [source, rows] of Object.entries(tables))
  describe(source, () => {
    it.each(rows.map((row) => [row[0], row] as const))('%s has the parameters of its table', (name, row) => {
      const [, params, gigaMacs, keys] = row
      const { make, input, classes } = nets[name]!
      const found = summary(make({ classes }), input)
      expect(found.params).toBe(params)
      expect(found.output).toEqual([classes])
      if (gigaMacs !== undefined) expect(giga(found.macs, gigaMacs)).toBe(gigaMacs)
      if (keys !== undefined) expect(entriesOf(name)).toBe(keys)
    })
  })

describe('the outputs of the stages', () => {
  const outputsOf = (name: string, input: Shape, ...paths: readonly string[]): readonly Shape[] => {
    const { make, classes } = nets[name]!
    const { rows } = summary(make({ classes }), input)
    return paths.map((path) => rows.find((row) => row.path === path)!.output)
  }

  it.each([
    ['resnet18', [64, 128, 256, 512]],
    ['resnet50', [256, 512, 1024, 2048]],
    ['resnext50_32x4d', [256, 512, 1024, 2048]],
    ['resnest50d', [256, 512, 1024, 2048]],
  ] as const)('of %s have %j channels, and half the size each', (name, channels) => {
    expect(outputsOf(name, [224, 224, 3], 'conv1', 'layer1', 'layer2', 'layer3', 'layer4')).toEqual([
      [112, 112, 64],
      ...channels.map((out, stage) => [56 / 2 ** stage, 56 / 2 ** stage, out]),
    ])
  })
})
