DROP TABLE `settings`;
DROP TABLE `bad_lines`;
