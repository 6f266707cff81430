export { decodeFashionMnist, type FashionMnist, fashionMnistClasses, type FashionMnistDecodeError, type FashionMnistFile, fashionMnistFiles, fashionMnistMoments } from './decode.ts'
