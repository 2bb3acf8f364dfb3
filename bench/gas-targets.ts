/** What must not be exceeded; gas.json may hold more names than these. */
export const targets: Readonly<Record<string, number>> = {
  "erc721 redeem, repeat owner": 75_000,
  "erc721 redeem, first-time owner": 92_000,
  "erc721 redeemBatch of 100 in skip mode to first-time owners, each": 54_000,
  "erc721 further token of a quantity": 2_000,
  "erc721 redeemBatch of 256 to first-time owners": 2 ** 24,
  "erc721 redeemMany of 256 to first-time owners": 2 ** 24,
  "erc721 redeem of MAX_QUANTITY": 2 ** 24,
  "erc1155 redeemBatch of 256 to first-time owners": 2 ** 24,
  "erc1155 redeemMany of 256 to first-time owners": 2 ** 24,
  "cast mint on a proven price, first": 95_000,
  // 60,000 was hoped for: docs/decisions/0031-vault.md. What is reached is held.
  "cast mint on a proven price, repeat": 65_000,
  "cast mint with its own proof, first": 322_000,
  "cast mint with its own proof, repeat": 289_000,
  "price proof posted": 255_000,
  "price proof posted, each of a batch of 8": 115_000,
  "verifyProof, execution": 216_000,
  "verifyBatch of 8, execution, each": 75_000,
};
