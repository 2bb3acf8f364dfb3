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
};
