DROP TABLE `history`;
DROP TABLE `calls`;
DROP TABLE `owners`;
