import { buildModule } from "@nomicfoundation/ignition-core";

/** Wrapped ether for a local chain, which has none. */
export default buildModule("Weth", (m) => ({ weth: m.contract("WrappedEther") }));
