-- Commands are 128 bytes of mostly ids: packing a large batch of them cost more than the disk it saved, at every write and again at each of the comparisons that keep them from changing.
alter table storage.book_command alter column commands set storage external;
