export { alignToSecond, compute, HybridNonceOutOfRange, MAX_UINT64, ofSecond } from "./hybrid-nonce.ts";
