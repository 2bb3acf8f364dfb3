// Breaks the contracts and their wiring one line at a time and sees whether a test notices. A mutant that survives is a promise nobody tests.
// By hand, as it takes some minutes; needs a clean contracts/ and scripts/deployment and restores them:
//
//     node scripts/mutants.ts [part of a name]
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Mutant {
  readonly name: string;
  /** Below contracts/; without a folder it is one of mint/. With .ts it is one of scripts/deployment. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const mutants: readonly Mutant[] = [
  { name: "the bit is not stored", file: "NonceBitmap", from: "if (fresh) holder.bits = before | bit;", to: "" },
  { name: "a word has 255 numbers", file: "NonceBitmap", from: "1 << (number & 0xff);", to: "1 << (number % 255);" },
  { name: "cancelling replaces the word", file: "NonceBitmap", from: "].bits = before | mask;", to: "].bits = mask;" },
  { name: "cancelling reports redeemed numbers", file: "NonceBitmap", from: "cancelled = mask & ~before;", to: "cancelled = mask;" },
  { name: "the second is not hashed", file: "HybridNonce", from: "mstore(0x20, shl(192, alignedSecond))", to: "mstore(0x20, 0)" },
  { name: "the digest is not hashed", file: "VoucherHash", from: "add(redemption, 0x80), 0x40)", to: "add(redemption, 0x80), 0x20)" },
  { name: "only half of a batch is hashed", file: "VoucherHash", from: "shl(5, size))", to: "shl(4, size))" },
  {
    name: "vouchers do not expire",
    file: "VoucherRedeemer",
    from: "expired = block.timestamp >",
    to: "expired = block.timestamp < 1 && 0 >",
  },
  {
    name: "vouchers expire a second early",
    file: "VoucherRedeemer",
    from: "expired = block.timestamp >",
    to: "expired = block.timestamp >=",
  },
  { name: "the skew is a second wider", file: "VoucherRedeemer", from: "MAX_SKEW_SECONDS = 2;", to: "MAX_SKEW_SECONDS = 3;" },
  {
    name: "the future is not checked",
    file: "VoucherRedeemer",
    from: "if (alignedSecond > block.timestamp +",
    to: "if (alignedSecond > ~uint256(0) -",
  },
  {
    name: "skip mode reverts on what is redeemed",
    file: "VoucherRedeemer",
    from: "if (!skip) revert NonceBitmap",
    to: "revert NonceBitmap",
  },
  {
    name: "skip mode reverts on what is expired",
    file: "VoucherRedeemer",
    from: "if (!skip) revert VoucherExpired",
    to: "revert VoucherExpired",
  },
  {
    name: "strict mode skips what is redeemed",
    file: "VoucherRedeemer",
    from: "if (!skip) revert NonceBitmap",
    to: "if (false) revert NonceBitmap",
  },
  {
    name: "many signatures are not checked",
    file: "VoucherRedeemer",
    from: "_checkSignature(_hashTypedDataV4(VoucherHash.ofVoucher(redemptions[i])), signatures[i]);",
    to: "",
  },
  { name: "anyone may cancel", file: "VoucherRedeemer", from: "uint256 mask) external restricted {", to: "uint256 mask) external {" },
  { name: "anyone may sign", file: "VoucherSigners", from: "if (!isSigner(signer)) revert InvalidSigner(signer);", to: "" },
  { name: "zero may sign", file: "VoucherSigners", from: "if (signer == address(0)) revert InvalidSigner(signer);", to: "" },
  { name: "a contract signer is not asked", file: "VoucherSigners", from: "if (!ecdsa && !Sig", to: "if (false && !Sig" },
  { name: "a large quantity is one run", file: "VoucherMinter", from: "RUN = 512;", to: "RUN = 8192;" },
  {
    name: "editions have no guard",
    file: "EditionMinter",
    from: "override(IVoucherRedeemer, VoucherRedeemer) nonReentrant {",
    to: "override(IVoucherRedeemer, VoucherRedeemer) {",
  },
  {
    name: "a refusal reverts the batch",
    file: "EditionMinter",
    from: "if (!skip || redemption.to.code.length == 0)",
    to: "if (skip || redemption.to.code.length == 0)",
  },
  { name: "the gas left is not checked", file: "EditionMinter", from: "if (gasleft() < needed)", to: "if (gasleft() < 1)" },
  { name: "receivers get all gas", file: "EditionMinter", from: "{gas: RECEIVER_GAS}", to: "{gas: gasleft()}" },
  { name: "anyone may settle", file: "EditionMinter", from: "if (msg.sender != address(this)) revert OnlySelf(msg.sender);", to: "" },
  { name: "anyone may mint the cast token", file: "vault/CastToken", from: "if (msg.sender != vault) revert", to: "if (false) revert" },
  {
    name: "borrowed shares are rounded down",
    file: "vault/DebtPool",
    from: "toSharesUp(self, SafeCast",
    to: "toSharesDown(self, SafeCast",
  },
  { name: "repaid shares are rounded up", file: "vault/DebtPool", from: "toSharesDown(self, max", to: "toSharesUp(self, max" },
  { name: "nothing is virtual", file: "vault/DebtPool", from: "VIRTUAL = 1e6;", to: "VIRTUAL = 1;" },
  { name: "an empty pool keeps its loss", file: "vault/DebtPool", from: "self.shares == 0 ? 0 : ", to: "" },
  { name: "a time is charged twice", file: "vault/DebtPool", from: "self.accruedAt = uint32(block.timestamp);", to: "" },
  { name: "a raised ratio does not ramp", file: "vault/Collaterals", from: "if (elapsedSeconds >= RAMP_SECONDS) return", to: "return" },
  {
    name: "a raise on the way jumps",
    file: "vault/Collaterals",
    from: "uint256 from = ratioBps < current ? ratioBps : current;",
    to: "uint256 from = ratioBps < current ? ratioBps : c.ratioBps;",
  },
  {
    name: "a ratio may be below the bonus",
    file: "vault/Collaterals",
    from: "if (ratioBps <= boundBps)",
    to: "if (ratioBps < boundBps)",
  },
  { name: "mints and liquidations meet one ratio", file: "vault/Collaterals", from: "c) - LIQUIDATION_GAP_BPS;", to: "c);" },
  { name: "a fee is set for the past", file: "vault/Collaterals", from: "_store(collateral, _accrued(collateral, c));", to: "" },
  { name: "a pause has no end", file: "vault/Collaterals", from: "if (block.timestamp < c.pausedUntil)", to: "if (c.pausedUntil > 0)" },
  {
    name: "pauses follow each other",
    file: "vault/Collaterals",
    from: "if (block.timestamp < ended + PAUSE_SECONDS) {",
    to: "if (block.timestamp < ended) {",
  },
  {
    name: "the price may be a second older",
    file: "vault/CollateralVault",
    from: "block.timestamp > uint256",
    to: "block.timestamp - 1 > uint256",
  },
  {
    name: "healthy positions are liquidated",
    file: "vault/CollateralVault",
    from: "price, _liquidationRatioBps(collateral, c), c.dec",
    to: "price, type(uint16).max, c.dec",
  },
  {
    name: "pause does not stop mints",
    file: "vault/CollateralVault",
    from: "_requireUnpaused(collateral, c);\n        DebtPool.Pool memory pool = _accrued(collateral, c);\n        Position storage",
    to: "DebtPool.Pool memory pool = _accrued(collateral, c);\n        Position storage",
  },
  { name: "there is no ceiling", file: "vault/CollateralVault", from: "if (debtD18 > ceilingD18)", to: "if (false)" },
  {
    name: "the ceiling counts what nobody owes",
    file: "vault/CollateralVault",
    from: "_requireCeiling(collateral, c, pool.owedDown());",
    to: "_requireCeiling(collateral, c, pool.assetsD18);",
  },
  { name: "tokens may be lost in the vault", file: "vault/CollateralVault", from: " || to == address(cast)", to: "" },
  {
    name: "a mint has no guard",
    file: "vault/CollateralVault",
    from: "uint256 amountD18) external nonReentrant {",
    to: "uint256 amountD18) external {",
  },
  {
    name: "a mint with a proof has no guard",
    file: "vault/CollateralVault",
    from: "PriceReport calldata report\n    ) external nonReentrant {",
    to: "PriceReport calldata report\n    ) external {",
  },
  { name: "a transfer of nothing is made", file: "vault/CollateralVault", from: "if (seized > 0) IERC20", to: "IERC20" },
  { name: "there is no floor", file: "vault/CollateralVault", from: "if (debtD18 < floorD18)", to: "if (false)" },
  { name: "fees on transfer are credited", file: "vault/CollateralVault", from: "if (received != amount)", to: "if (received == 0)" },
  { name: "withdrawing needs no cover", file: "vault/CollateralVault", from: "if (position.shares > 0) {", to: "if (false) {" },
  { name: "the bonus is a hundredfold", file: "vault/Cover", from: "(paidD18 * (BPS + bonusBps)", to: "(paidD18 * (BPS + 100 * bonusBps)" },
  {
    name: "a part takes more than its part",
    file: "vault/Cover",
    from: "seized = Math.min(_bought(repaidD18, price, bonusBps, decimals), (amount * repaidD18) / debtD18);",
    to: "seized = Math.min(_bought(repaidD18, price, bonusBps, decimals), amount);",
  },
  {
    name: "the bonus is a loss",
    file: "vault/Cover",
    from: "if (covers(amount, debtD18, price, BPS, decimals)) {",
    to: "if (covers(amount, debtD18, price, BPS + bonusBps, decimals)) {",
  },
  { name: "bad debt pays the whole bonus", file: "vault/Cover", from: "bonusBps = Math.min(bonusBps, INCENTIVE_BPS);", to: "" },
  {
    name: "a loss is forgiven",
    file: "vault/CollateralVault",
    from: "pool.settle(position.shares, repaidD18);",
    to: "pool.settle(position.shares, repaidD18 + lossD18);",
  },
  {
    name: "taking ether from WETH needs more than its stipend",
    file: "vault/CollateralVault",
    from: "if (msg.sender != address(weth))",
    to: "if (collaterals().length == 0 || msg.sender != address(weth))",
  },
  { name: "WETH is not the only sender", file: "vault/CollateralVault", from: "if (msg.sender != address(weth))", to: "if (false)" },
  { name: "a refused payment is lost", file: "vault/CollateralVault", from: "if (!taken) revert", to: "if (false) revert" },
  {
    name: "withdrawals have no guard",
    file: "vault/CollateralVault",
    from: "withdrawETH(uint256 amount, address to) external nonReentrant",
    to: "withdrawETH(uint256 amount, address to) external",
  },
  {
    name: "anyone collects the fees",
    file: "vault/CollateralVault",
    from: "external restricted nonReentrant",
    to: "external nonReentrant",
  },
  {
    name: "reports are ordered by their timestamps",
    file: "price/PackedPrice",
    from: "> uint256(uint40(stored >> TIME_AT)) + uint16(packed >> AGE_AT);",
    to: "> uint40(stored >> TIME_AT);",
  },
  {
    name: "quotes of one second may come twice",
    file: "price/PackedPrice",
    from: "uint40(packed >> TIME_AT) > uint256(",
    to: "uint40(packed >> TIME_AT) >= uint256(",
  },
  {
    name: "a stored price is as new as its prover says",
    file: "price/PackedPrice",
    from: "((packed & POSTED) - ((packed & AGE) << (TIME_AT - AGE_AT)));",
    to: "(packed & POSTED);",
  },
  {
    name: "a price in use is as new as its prover says",
    file: "price/PackedPrice",
    from: "return uint40((packed >> TIME_AT) - uint16(packed >> AGE_AT));",
    to: "return uint40(packed >> TIME_AT);",
  },
  {
    name: "a dropped price may come back",
    file: "price/PackedPrice",
    from: "stored & ~(uint256(type(uint64).max) << PRICE_AT);",
    to: "stored & ~POSTED;",
  },
  {
    name: "a dropped price stays",
    file: "price/ProvenPrices",
    from: "_assets[assetId] = stored.withoutPrice();",
    to: "",
  },
  {
    name: "sources that are removed leave their price",
    file: "price/ProvenPrices",
    from: "_drop(assetId); // it may be by these",
    to: "",
  },
  {
    name: "anyone drops prices",
    file: "price/ProvenPrices",
    from: "dropPrice(uint64 assetId) external restricted",
    to: "dropPrice(uint64 assetId) external",
  },
  {
    name: "the quorum is not compared",
    file: "price/PackedPrice",
    from: "if (met.quorum < set.quorum) return QUORUM_NOT_REACHED;",
    to: "",
  },
  {
    name: "the deviation is not compared",
    file: "price/PackedPrice",
    from: "if (met.maxDeviationBps > set.maxDeviationBps) return DEVIATION_TOO_LARGE;",
    to: "",
  },
  {
    name: "the age of quotes is not compared",
    file: "price/PackedPrice",
    from: "if (packed & AGE > stored & AGE) return QUOTE_TOO_OLD;",
    to: "",
  },
  {
    name: "a report may be from the future",
    file: "price/PackedPrice",
    from: "if (agreedAt > block.timestamp) return TIMESTAMP_IN_FUTURE;",
    to: "",
  },
  {
    name: "a report may be a second older",
    file: "price/PackedPrice",
    from: "agreedAt + maxDelaySeconds) return",
    to: "agreedAt + maxDelaySeconds + 1) return",
  },
  { name: "a report has another encoding", file: "price/PackedPrice", from: "if (packed >> END != 0) return REPORT_MALFORMED;", to: "" },
  { name: "a price may be zero", file: "price/PackedPrice", from: "if (price(packed) == 0) return PRICE_OUT_OF_RANGE;", to: "" },
  {
    name: "a report changes the terms",
    file: "price/PackedPrice",
    from: "(stored & ~POSTED) | ((packed & POSTED) -",
    to: "(stored & (type(uint256).max << 182)) | ((packed & (2 ** 182 - 1)) -",
  },
  { name: "a proof is not asked for", file: "price/ProvenPrices", from: "if (!_verifies(", to: "if (false && !_verifies(" },
  {
    name: "a batch is not verified",
    file: "price/ProvenPrices",
    from: "if (!IPriceProofVerifier(usableVerifier(circuitId))",
    to: "if (false && !IPriceProofVerifier(usableVerifier(circuitId))",
  },
  { name: "any block will do", file: "price/ProvenPrices", from: "if (blockHash == 0) revert", to: "if (false) revert" },
  {
    name: "the recipient is not bound",
    file: "price/ProvenPrices",
    from: "mstore(add(free, 0x40), shr(96, shl(96, recipient)))",
    to: "mstore(add(free, 0x40), 0)",
  },
  { name: "the nonce is not bound", file: "price/ProvenPrices", from: "mstore(add(free, 0x60), nonce)", to: "mstore(add(free, 0x60), 0)" },
  {
    name: "the circuit is not bound",
    file: "price/ProvenPrices",
    from: "mstore(add(free, 0x80), circuitId)",
    to: "mstore(add(free, 0x80), 0)",
  },
  {
    name: "the verifier's code is not bound",
    file: "price/ProvenPrices",
    from: "mstore(add(free, 0x40), codeHash)",
    to: "mstore(add(free, 0x40), 0)",
  },
  { name: "any term will do", file: "price/ProvenPrices", from: "if (given != _sources", to: "if (false && given != _sources" },
  {
    name: "anyone sets terms",
    file: "price/ProvenPrices",
    from: "PriceTerms calldata terms) external restricted",
    to: "PriceTerms calldata terms) external",
  },
  { name: "anyone sets sources", file: "price/ProvenPrices", from: "uint256 root) external restricted", to: "uint256 root) external" },
  {
    name: "anyone removes sources",
    file: "price/ProvenPrices",
    from: "removeSources(uint64 assetId, bytes32 circuitId) external restricted",
    to: "removeSources(uint64 assetId, bytes32 circuitId) external",
  },
  { name: "a proof is of any asset", file: "price/ProvenPrices", from: "if (packed.assetId() != assetId) revert", to: "if (false) revert" },
  {
    name: "one's own proof goes before a newer price",
    file: "price/ProvenPrices",
    from: "if (!packed.isNewer(stored)) return (stored.price(), stored.timestamp());",
    to: "",
  },
  { name: "a batch stores what is older", file: "price/ProvenPrices", from: "if (newer) _post(", to: "_post(" },
  {
    name: "a changed verifier is asked",
    file: "price/CircuitRegistry",
    from: "if (present != registered) revert",
    to: "if (false) revert",
  },
  { name: "one's own proof may be old", file: "vault/CollateralVault", from: "to, _fresh(c, price, timestamp));", to: "to, price);" },
  { name: "nobody asks the account", file: "vault/CollateralVault", from: "if (allowanceD18 < amountD18)", to: "if (false)" },
  { name: "an allowance is not used up", file: "vault/CollateralVault", from: "= allowanceD18 - amountD18;", to: "= allowanceD18;" },
  {
    name: "a nameless collateral is skipped",
    file: "vault/CastMinter",
    from: "address collateral = _named(redemption.uriDigest);",
    to: "address collateral = collateralNamed[redemption.uriDigest];",
  },
  { name: "an unknown collateral is skipped", file: "vault/CastMinter", from: "vault.paused(collateral);", to: "collateral;" },
  { name: "anyone settles cast items", file: "vault/CastMinter", from: "if (msg.sender != address(this))", to: "if (false)" },
  { name: "a cast item may lack gas", file: "vault/CastMinter", from: "if (gasleft() < needed)", to: "if (false)" },
  { name: "a unit is a tenth", file: "vault/CastMinter", from: "UNIT_D18 = 1e16", to: "UNIT_D18 = 1e17" },
  { name: "a majority is less", file: "governance/MintGovernor", from: "MAJORITY_BPS = 6_600", to: "MAJORITY_BPS = 6_599" },
  {
    name: "abstaining reaches the quorum",
    file: "governance/MintGovernor",
    from: "(, uint256 inFavour, ) = proposalVotes(proposalId);",
    to: "(, uint256 inFavour, uint256 abstained) = proposalVotes(proposalId); inFavour += abstained;",
  },
  { name: "the governor is voted on", file: "governance/MintGovernor", from: "targets[i] == address(this) || ", to: "" },
  { name: "the timelock is voted on", file: "governance/MintGovernor", from: " || targets[i] == timelock()", to: "" },
  { name: "only the first target is looked at", file: "governance/MintGovernor", from: "i < targets.length;", to: "i < 1;" },
  {
    name: "the extension can be set",
    file: "governance/MintGovernor",
    from: "(uint48) public pure override {\n        revert RulesAreFixed();",
    to: "(uint48) public pure override {",
  },
  {
    name: "the timelock can be set",
    file: "governance/MintGovernor",
    from: "(TimelockController) public pure override {\n        revert RulesAreFixed();",
    to: "(TimelockController) public pure override {",
  },
  { name: "a quorum is less", file: "governance/MintGovernor", from: "return QUORUM;", to: "return QUORUM - 1;" },
  { name: "a vote is a second shorter", file: "governance/MintGovernor", from: "return PERIOD_SECONDS;", to: "return PERIOD_SECONDS - 1;" },
  {
    name: "a late quorum gives a day",
    file: "governance/MintGovernor",
    from: "EXTENSION_SECONDS = 2 days",
    to: "EXTENSION_SECONDS = 1 days",
  },
  { name: "too little stake may propose", file: "governance/MintGovernor", from: "if (staked < QUORUM)", to: "if (false)" },
  {
    name: "delegating to zero loses votes",
    file: "governance/StakedVotes",
    from: "delegatee == address(0) ? account : delegatee",
    to: "delegatee",
  },
  {
    name: "unstaked tokens come back at once",
    file: "governance/StakedVotes",
    from: "if (clock() < cooling",
    to: "if (false && clock() < cooling",
  },
  {
    name: "unstaked tokens go on voting",
    file: "governance/StakedVotes",
    from: "_transferVotingUnits(msg.sender, address(0), amount);",
    to: "",
  },
  { name: "fees on transfer are staked", file: "governance/StakedVotes", from: "if (received != amount)", to: "if (received == 0)" },
  {
    name: "the timelock is no governor",
    file: "cast-module.ts",
    from: 'm.call(manager, "grantRole", [roles.governor, timelock, 0], { id: "grant_timelock" });',
    to: "",
  },
  { name: "the deployer stays admin of the timelock", file: "cast-module.ts", from: 'm.call(timelock, "renounceRole"', to: "void (null" },
  { name: "a vote sets no ratio", file: "permissions.ts", from: '"setRatio(address,uint16)",', to: "" },
  {
    name: "the governor pauses",
    file: "permissions.ts",
    from: '    ],\n    guardian: ["pause(address)"],',
    to: '      "pause(address)",\n    ],',
  },
  {
    name: "the guardian grants signers",
    file: "permissions.ts",
    from: 'castMinter: {\n    signerAdmin: ["grantSigner(address)"],\n    guardian: stopVouchers,',
    to: 'castMinter: {\n    guardian: [...stopVouchers, "grantSigner(address)"],',
  },
  { name: "the timelock does not become admin", file: "handover.ts", from: '{ name: "admin", to: timelock.address, delay: 0 },', to: "" },
  { name: "the deployer stays admin", file: "handover.ts", from: "if (isAdmin) steps.push(", to: "if (false) steps.push(" },
  { name: "a new signer is not announced", file: "handover.ts", from: "delay: signerDelaySeconds }", to: "delay: 0 }" },
  { name: "strangers keep their roles", file: "handover.ts", from: "if (!stranger) return;", to: "return;" },
];

const root = fileURLToPath(new URL("..", import.meta.url));
const hardhat = `${root}node_modules/hardhat/dist/src/cli.js`;
const wanted = process.argv[2] ?? "";

/** Tests of the contracts that need more than Solidity to make what they send. */
const mochaFiles = ["vouchers", "price/proven-prices", "price/mint-with-proof"].map((name) => `test/contracts/${name}.test.ts`);

/** What the roles' wiring is tested by. */
const wiringNotices = (): boolean => fails(["test", "mocha", "--no-compile", "test/scripts/roles.test.ts"]);

function fails(command: readonly string[]): boolean {
  try {
    execFileSync(process.execPath, [hardhat, ...command], { cwd: root, stdio: "ignore", env: { ...process.env, FUZZ_RUNS: "32" } });
    return false;
  } catch {
    return true;
  }
}

const notices = (): boolean => {
  // What does not compile proves nothing: let that be an error of this script.
  execFileSync(process.execPath, [hardhat, "build", "--no-tests"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  return fails(["test", "solidity"]) || fails(["test", "mocha", ...mochaFiles]);
};

if (execFileSync("git", ["status", "--porcelain", "contracts", "scripts/deployment"], { cwd: root, encoding: "utf8" }) !== "") {
  throw new Error("contracts/ or scripts/deployment has changes that are not committed; a mutant could not be told from them");
}
let survivors = 0;
for (const { name, file, from, to } of mutants.filter((mutant) => mutant.name.includes(wanted))) {
  const wiring = file.endsWith(".ts");
  const path = wiring ? `${root}scripts/deployment/${file}` : `${root}contracts/${file.includes("/") ? file : `mint/${file}`}.sol`;
  const source = readFileSync(path, "utf8");
  if (!source.includes(from)) throw new Error(`${name}: ${path} does not hold "${from}" any longer`);
  try {
    writeFileSync(path, source.replaceAll(from, to));
    const killed = wiring ? wiringNotices() : notices();
    if (!killed) survivors++;
    console.log(killed ? "killed  " : "SURVIVED", `${file}: ${name}`);
  } finally {
    writeFileSync(path, source);
  }
}
process.exitCode = survivors === 0 ? 0 : 1;
