DROP TABLE `source_positions`;
