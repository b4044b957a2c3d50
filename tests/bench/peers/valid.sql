select json_valid(?1);
