export { type FaultKind, type Faults, noFaults } from "./faults.ts";
export { FaultProxy, type FaultProxyOptions, type ProxyStats } from "./proxy.ts";
