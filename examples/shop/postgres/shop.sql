create table orders (id serial primary key, item text not null);

insert into orders (item) values ('three tins of sardines'), ('a paper kite');

